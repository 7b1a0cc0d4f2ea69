"""The person's own templates: in their own process, and only so long and so big."""

import os
import time
from pathlib import Path

import pytest

from automations.errors import TemplateFaultError
from automations.providers import confined
from automations.providers.confined import ConfinedRenderer
from automations.resources import template_root

FACTS = {
    "boss_first": "Dana",
    "my_first": "Sam",
    "on_track": "The billing migration is on track for 4 December",
    "ideas": ["draft the board summary", "clear the vendor backlog"],
    "hours": 4,
    "by": "Fri 27 Nov",
    "month": "November",
    "wording": 0,
}
EVENT = {
    "month": "November",
    "minutes": 120,
    "problem": "",
    "pair": [],
    "last_idea": "",
    "capture": "magicloop idea add",
}


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "templates" / "email" / "offer-ask"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def renderer(tmp_path):
    return ConfinedRenderer((str(tmp_path / "templates"), template_root()))


def test_own_templates_come_first_and_the_built_in_ones_after(renderer, own):
    (own / "body.txt.j2").write_text("Dear {{ boss_first }},\n\nÜber {{ hours }} hours.\n", "utf-8")
    words = renderer.render_mail("offer-ask", FACTS)
    assert words.subject == "Anything off your plate?"
    assert words.body_text == "Dear Dana,\n\nÜber 4 hours.\n"
    assert "<p>Über 4 hours.</p>" in words.body_html
    assert renderer.render_event("invention", EVENT)[0] == "Invention time"


BOMBS = {
    "nested loops": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "ljust": "{{ 'a'.ljust(10**9) }}",
    "center": "{{ 'a' | center(10**9) }}",
    "times": "{{ 'a' * 10**10 }}",
    "format": "{{ '%1000000000d' | format(1) }}",
    "doubling": "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "power": "{{ (9**(9**9)) % 2 }}",
    "output": "{% for i in range(99999) %}xxxxxxxxxx{% endfor %}",
    "join": "{{ range(99999) | list | join('x' * 99999) }}",
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS.keys())
def test_a_template_without_end_stops_within_six_seconds_and_is_named(renderer, own, source):
    (own / "body.txt.j2").write_text(f"Hi\n{source}\n")
    began = time.monotonic()
    with pytest.raises(TemplateFaultError) as caught:
        renderer.render_mail("offer-ask", FACTS)
    assert time.monotonic() - began < 6
    assert "offer-ask" in caught.value.what
    assert caught.value.where.startswith(str(own / "body.txt.j2"))
    assert caught.value.fix


def test_a_process_that_is_not_done_in_time_is_stopped(renderer, monkeypatch):
    monkeypatch.setattr(confined, "WALL_SECONDS", 0.001)
    with pytest.raises(TemplateFaultError, match="offer-ask was not done after") as caught:
        renderer.render_mail("offer-ask", FACTS)
    assert caught.value.where


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("Hi\n{{ nobody }}", 2, "'nobody' is undefined"),
        ("Hi\n\n{% if %}", 3, "Expected an expression"),
        ("{{ ''.__class__ }}", 1, "may not touch"),
    ],
)
def test_faults_come_back_from_the_other_process_as_they_are(renderer, own, source, line, says):
    (own / "body.txt.j2").write_text(source)
    with pytest.raises(TemplateFaultError, match=says.replace("(", r"\(")) as caught:
        renderer.render_mail("offer-ask", FACTS)
    assert caught.value.where == f"{own / 'body.txt.j2'}:{line}"


def test_a_file_that_is_not_text_is_named_with_its_line(renderer, own):
    (own / "body.txt.j2").write_bytes(b"Hi\nthere\n\xff\n")
    with pytest.raises(TemplateFaultError, match="not UTF-8") as caught:
        renderer.render_mail("offer-ask", FACTS)
    assert caught.value.where == f"{own / 'body.txt.j2'}:3"


def link_to_file(path, outside):
    path.symlink_to(outside)


def link_round(path, outside):
    path.symlink_to(path)


def pipe(path, outside):
    os.mkfifo(path)


def folder_of_that_name(path, outside):
    path.mkdir()


def too_long(path, outside):
    path.write_text("x" * (256 * 1024 + 1))


@pytest.mark.parametrize("make", [link_to_file, link_round, pipe, folder_of_that_name, too_long])
def test_what_is_no_plain_file_of_the_folder_is_refused(renderer, own, tmp_path, make):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    make(own / "body.txt.j2", secret)
    with pytest.raises(TemplateFaultError) as caught:
        renderer.render_mail("offer-ask", FACTS)
    assert caught.value.where == str(own / "body.txt.j2")
    assert "secret" not in caught.value.what


def test_a_folder_that_leads_outside_is_refused_but_a_linked_root_is_fine(own, tmp_path):
    (own / "body.txt.j2").write_text("Mine.\n")
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "templates")
    assert (
        ConfinedRenderer((str(linked), template_root())).render_mail("offer-ask", FACTS).body_text
        == "Mine.\n"
    )
    other = tmp_path / "other" / "email"
    other.mkdir(parents=True)
    (other / "offer-ask").symlink_to(own)
    with pytest.raises(TemplateFaultError, match="leads out"):
        ConfinedRenderer((str(other.parent), template_root())).render_mail("offer-ask", FACTS)


def test_nothing_is_written_by_the_other_process_and_nothing_read_from_the_current_folder(
    renderer, own, tmp_path, monkeypatch
):
    (tmp_path / "jinja2.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    before = sorted(str(path) for path in Path(tmp_path).rglob("*"))
    assert renderer.render_mail("offer-ask", FACTS).subject == "Anything off your plate?"
    assert sorted(str(path) for path in Path(tmp_path).rglob("*")) == before


def test_only_plain_facts_are_handed_over(renderer):
    with pytest.raises(TypeError, match="hours"):
        renderer.render_mail("offer-ask", {**FACTS, "hours": 4.5})


@pytest.mark.parametrize("name", ["../x", "nope"])
def test_a_name_that_is_no_template_is_a_fault(renderer, name):
    with pytest.raises(TemplateFaultError):
        renderer.render_mail(name, FACTS)
