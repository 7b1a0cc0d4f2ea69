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
KINDS = {kind.value: kind for kind in MailKind} | {"standing-check": MailKind.STANDING}
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


PEOPLE = {"boss_first": "Priya", "my_first": "Sam"}
LOOP = {
    "catch-up": {"thing": "the price list for the fair", "was_due": "Friday 27 November", "new_date_by": "Tuesday 1 December"},
    "closing": {
        "thing": "the list of vendors", "asked": "one list of all vendors with their contacts", "left": "",
        "delivered": "41 names in the shared folder, 12 of them new", "effect": "a search takes 1 minute, it took 10",
    },
    "follow-up": {"asked_on": "Monday 9 November", "subject": "Where can I help?"},
    "pause-note": {
        "in_hand": ["the price list, by Friday 4 December", "the audit papers, by Friday 11 December"],
        "first_due": "Friday 4 December",
    },
}  # fmt: skip


@pytest.mark.parametrize("wording", range(3))
@pytest.mark.parametrize("template", LOOP)
def test_every_wording_of_the_loops_other_mails_has_nothing_to_mend(template, wording):
    composer = Composer(jinja2.FileSystemLoader(template_root()))
    words = composer.render_mail(template, {**PEOPLE, **LOOP[template], "wording": wording})

    found = lint(Mail(KINDS[template], Audience.BOSS, words.subject, words.body_text))

    assert [each for each in found if each.level is not Level.HINT] == []
