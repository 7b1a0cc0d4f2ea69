"""Write the golden files anew from samples.json; read what changed before you keep it.

Run from the checkout: .venv/bin/python tests/golden/regenerate.py
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import FileSystemLoader

from automations.compose.mime import Letter, build_mime
from automations.compose.text import Composer
from automations.resources import template_root

HERE = Path(__file__).parent


def samples():
    return json.loads((HERE / "samples.json").read_text("utf-8"))


def rendered(composer, sample):
    """Return a sample's (subject, text, html); an event has no html."""
    if sample["template"] == "invention":
        return (*composer.render_event("invention", sample["facts"]), "")
    words = composer.render_mail(sample["template"], sample["facts"])
    return words.subject, words.body_text, words.body_html


def as_text(subject, text):
    return f"{subject}\n{'-' * len(subject)}\n{text}"


def as_mail(subject, text, page):
    letter = Letter(
        sender="sam@corp.test",
        sender_name="Sam Lee",
        to=("dana@corp.test",),
        cc=(),
        subject=subject,
        body_text=text,
        body_html=page,
        date=datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
        ref="3f9a1c0b77de",
    )
    return build_mime(letter, unsent=True)


if __name__ == "__main__":
    composer = Composer(FileSystemLoader(template_root()))
    for name, sample in samples().items():
        subject, text, page = rendered(composer, sample)
        (HERE / f"{name}.txt").write_text(as_text(subject, text), "utf-8")
        if page:
            (HERE / f"{name}.eml").write_bytes(as_mail(subject, text, page))
