"""The files made from the spec: they are up to date, say what each key means, and load as they stand."""

import json
import os
import re
import stat
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.config.effective import effective, settings
from automations.config.load import load, parse
from automations.config.newfile import write_new
from automations.config.nodes import dotted, leaves, sections
from automations.config.places import Places
from automations.config.sample import init_text, sample_text, write_own, write_sample
from automations.config.schema import config_table, schema_text
from automations.config.spec import Config
from automations.config.toml_text import toml_value
from automations.errors import ConfigError

CONFIG = Path(__file__).parents[2] / "config"
LEAVES = [
    (dotted(name, leaf.name), leaf, table) for name, table, _ in sections(Config) for leaf in leaves(table)
]
ANSWERS = ("Ann Lee", "ann@example.com", "Asia/Tokyo", "Bo Ek", "bo@example.com")


def loaded(text):
    return parse(text.encode(), "/c/config.toml", "/d")


@pytest.mark.parametrize(
    ("name", "made"), [("magicloop.example.toml", sample_text), ("magicloop.schema.json", schema_text)]
)
def test_the_shipped_file_is_what_the_spec_makes(name, made):
    assert (CONFIG / name).read_text(encoding="utf-8") == made()


@pytest.mark.parametrize(("key", "leaf"), [(key, leaf) for key, leaf, _ in LEAVES])
def test_every_key_is_explained_in_the_sample_the_schema_and_the_table(key, leaf):
    assert leaf.description.endswith(".")
    assert leaf.description in " ".join(sample_text().replace("\n# ", " ").split())
    assert leaf.description in json.dumps(json.loads(schema_text()), ensure_ascii=False)
    row = key.replace("boss.", "boss[].").replace("goal.", "goal[].")
    assert f"| `{row}` |" in config_table()


def test_each_key_has_a_row_and_each_row_a_key():
    assert len(config_table().splitlines()) == len(LEAVES) + 2


def test_the_example_shows_each_default_as_it_is_and_examples_that_load():
    whole = loaded(re.sub(r"(?m)^# (?=[a-z_]+ = |\[\[)", "", sample_text()))
    rows = {row.key.replace("[0]", ""): row for row in settings(whole.config, whole.given)}

    assert set(rows) == {key for key, _, _ in LEAVES}
    for key, leaf, _ in LEAVES:
        assert rows[key].origin == "file"
        exemplary = leaf.default in ("", (), None) and leaf.examples
        shown = leaf.examples[0] if exemplary else leaf.default
        shown = "***" if leaf.kind.secret and shown else shown
        assert rows[key].value == (tuple(shown) if isinstance(shown, list) else shown), key


def test_the_example_is_a_config_without_surprises():
    found = loaded(sample_text())

    assert found.policy.sample is False
    assert found.policy.invention == loaded(init_text(*ANSWERS)).policy.invention


def test_the_sample_says_that_it_is_one_and_has_something_to_work_on():
    text = sample_text("sample", timezone="Asia/Tokyo")
    policy = loaded(text).policy

    assert "# SAMPLE: " in "\n".join(text.splitlines()[:3])
    assert "magicloop init" in text
    assert policy.sample is True
    assert (policy.me.name, policy.me.email, policy.me.zone) == (
        "Sam Sample",
        "sam@example.com",
        "Asia/Tokyo",
    )
    assert [(boss.name, boss.email) for boss in policy.bosses] == [("Priya Raman", "priya@example.com")]
    assert policy.invention.minutes == 120
    assert len(policy.invention.problems) == 4
    assert len(policy.invention.combine) == 6
    assert len(policy.offers.ideas) >= 2
    assert policy.offers.on_track
    assert policy.offers.hours == 3
    assert policy.goals
    assert policy.invention.prefer
    assert policy.calendar.busy == ("/c/sample-calendar.ics",)


def test_a_new_config_holds_the_answers_and_is_short():
    text = init_text(*ANSWERS, ("~/cal/work.ics", "/srv/team"))
    policy = loaded(text).policy

    assert len(text.splitlines()) <= 40
    assert (policy.me.name, policy.me.email, policy.me.zone) == ANSWERS[:3]
    assert [(boss.name, boss.email) for boss in policy.bosses] == [ANSWERS[3:]]
    assert policy.calendar.busy[1] == "/srv/team"
    assert policy.sample is False
    for hint in ("# problems = ", "# ideas = "):
        assert hint in text


def test_a_new_config_without_boss_and_calendar_shows_how_to_add_them():
    text = init_text("Ann", "ann@example.com", "UTC", "", "")

    assert loaded(text).policy.bosses == ()
    assert loaded(text).policy.calendar.busy == ()
    uncommented = text.replace("# [[boss]]", "[[boss]]").replace("# name", "name").replace("# email", "email")
    assert loaded(uncommented.replace("# busy", "busy")).policy.bosses


@given(st.text(max_size=40), st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3))
def test_no_answer_can_break_out_of_its_line(name, boss_name, calendars):
    text = init_text(name, "ann@example.com", "UTC", boss_name, "bo@example.com", tuple(calendars))
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return
    try:
        found = parse(content, "/c/config.toml", "/d")
    except ConfigError as error:
        keys = {problem.key.split("[")[0] for problem in error.problems}
        assert keys <= {"me.name", "boss", "calendar.busy", "calendar"}
    else:
        assert found.policy.me.name == name


@given(st.text() | st.lists(st.text()) | st.integers() | st.booleans())
def test_a_value_is_read_back_as_it_was_written(value):
    assert msgspec.toml.decode(f"x = {toml_value(value)}")["x"] == value


def test_the_schema_says_what_the_spec_says():
    schema = json.loads(schema_text())

    assert schema["properties"]["me"] == {"$ref": "#/$defs/Me"}
    assert schema["required"] == ["me"]
    assert schema["additionalProperties"] is False
    invention = schema["$defs"]["Invention"]
    assert invention["additionalProperties"] is False
    assert invention["properties"]["months_ahead"]["maximum"] == 11
    assert invention["properties"]["on_conflict"]["enum"] == ["ask", "keep", "move"]
    assert schema["$defs"]["Me"]["properties"]["email"]["format"] == "email"


@pytest.fixture
def places(tmp_path):
    return Places(f"{tmp_path}/conf/sample/config.toml", f"{tmp_path}/data/sample", sample=True)


def test_the_first_use_makes_the_sample_and_a_second_changes_nothing(places):
    write_sample(places, "Asia/Tokyo", b"BEGIN:VCALENDAR\r\n")
    folder = Path(places.config).parent
    Path(places.sample_calendar).write_bytes(b"changed by hand")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}

    write_sample(places, "Europe/Rome", b"BEGIN:VCALENDAR\r\n")

    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    assert set(before) == {"config.toml", "sample-calendar.ics", "magicloop.schema.json"}
    found = load(places.config, places.data)
    assert found.policy.me.zone == "Asia/Tokyo"
    assert found.policy.calendar.busy == (places.sample_calendar,)


def test_the_persons_own_config_is_made_beside_the_sample_and_never_replaced(places):
    path = write_own(places, init_text(*ANSWERS))

    assert path == str(Path(places.config).parents[1] / "config.toml")
    assert load(path, places.data).policy.me.name == "Ann Lee"
    with pytest.raises(ConfigError, match="is there already"):
        write_own(places, init_text("Other", *ANSWERS[1:]))
    assert load(path, places.data).policy.me.name == "Ann Lee"


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_new_files_are_for_their_owner_only(places, mask):
    old = os.umask(mask)
    try:
        write_sample(places, "UTC", b"x")
    finally:
        os.umask(old)

    for path in (Path(places.config), Path(places.sample_calendar), Path(places.config).parent):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path):
    target = tmp_path / "config.toml"
    target.symlink_to(tmp_path / "elsewhere.toml")

    assert write_new(str(target), b"x") is False
    assert not (tmp_path / "elsewhere.toml").exists()


def test_where_nothing_can_be_written_the_folder_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot be written") as caught:
        write_new(f"{tmp_path}/file/config.toml", b"x")

    assert str(tmp_path / "file") in caught.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_secret_is_masked_and_an_unset_one_is_seen_to_be_unset():
    token = Annotated[str, msgspec.Meta(extra={"secret": True})]
    vault = msgspec.defstruct("Vault", [("token", token, ""), ("spare", token, "")], frozen=True)

    rows = [str(row) for row in settings(vault(token="hunter2"), frozenset({"token"}))]

    assert rows == ['token = "***"', 'spare = ""']


def test_every_key_as_it_acts_with_its_origin():
    rows = {row.key: row for row in effective(loaded(init_text(*ANSWERS)))}

    assert rows["me.name"].origin == rows["boss[0].name"].origin == rows["invention.hours"].origin == "file"
    assert rows["invention.max_moves"].origin == rows["boss[0].stage"].origin == "default"
    assert rows["calendar.file"].value == "/d/invention.ics"
    assert {key for key in rows if not key.startswith("boss")} == {
        key for key, _, _ in LEAVES if not key.startswith(("boss", "goal"))
    }
