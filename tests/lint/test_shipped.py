"""What the product writes is what its own lint would let through."""

import runpy
from pathlib import Path

import jinja2
import pytest

from automations.compose.lint import Level, Mail, lint
from automations.compose.text import Composer
from automations.model.mail_kinds import Audience, MailKind
from automations.resources import template_root

golden = runpy.run_path(str(Path(__file__).parent.parent / "golden" / "regenerate.py"))
SAMPLES = {name: each for name, each in golden["samples"]().items() if each["template"] != "invention"}
KINDS = {kind.value: kind for kind in MailKind}
PRIVATE = (MailKind.IN_PERSON, MailKind.JUNIOR_NOTE)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_of_every_template_has_nothing_to_mend(name):
    sample = SAMPLES[name]
    kind = KINDS.get(sample["template"], MailKind.LETTER)
    asked = sample["facts"].get("audience", "exec")
    audience = Audience(asked) if kind.of_incident else Audience.PRIVATE if kind in PRIVATE else Audience.BOSS
    subject, text, _ = golden["rendered"](Composer(jinja2.FileSystemLoader(template_root())), sample)
    suspected = (sample["facts"]["suspected"],) if sample["facts"].get("suspected") else ()

    found = lint(
        Mail(kind, audience, subject, text, suspected=suspected, confirmed=kind is MailKind.INCIDENT_RESOLVED)
    )

    assert [each for each in found if each.level is not Level.HINT] == []
