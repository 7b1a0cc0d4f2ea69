"""`magicloop config ...`: what is printed, where, and with which exit code."""

import json
import tomllib
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from automations.cli.config_commands import config
from automations.config.places import Places
from automations.errors import ConfigError

GOOD = '[me]\nname = "Sam"\nemail = "sam@example.com"\ntimezone = "EST"\n[invention]\nhours = 3\n'
BAD = GOOD.replace("sam@", "sam\\u001b[31m@") + "bufer_minutes = 5\n"


@pytest.fixture
def places(tmp_path):
    return Places(str(tmp_path / "config.toml"), str(tmp_path / "data"), sample=False, explicit=True)


@pytest.fixture
def run(places):
    """Return a caller of the commands on a config of the given text; None is no config at all."""

    # The same help options as the whole program: a command keeps those of its first call.
    @click.group(context_settings={"help_option_names": ["-h", "--help"]})
    @click.pass_context
    def program(ctx):
        ctx.obj = SimpleNamespace(places=places)

    program.add_command(config)

    def call(text, *words):
        if text is not None:
            Path(places.config).write_text(text, encoding="utf-8")
        return CliRunner().invoke(program, ["config", *words])

    return call


def test_a_good_config_is_ok_and_what_may_surprise_is_noted(run, places):
    done = run(GOOD, "check")

    assert done.exit_code == 0
    assert done.stdout == f"note: me.timezone: EST has no summer time\nok: {places.config}\n"


def test_each_problem_is_a_line_of_its_own_and_no_escape_reaches_the_terminal(run, places):
    done = run(BAD, "check")

    assert done.exit_code == 10
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{places.config}: me.email: ")
    assert second == f"{places.config}: invention.bufer_minutes: unknown key; did you mean buffer_minutes?"
    assert "\x1b" not in done.output
    assert isinstance(done.exception, SystemExit)


def test_no_config_names_the_command_that_makes_one(run, places):
    done = run(None, "check")

    assert done.exit_code == 10
    assert done.stdout == f"{places.config}: no such file\n"
    assert done.stderr == "fix: magicloop init\n"


def test_the_check_as_json(run, places):
    good, bad = json.loads(run(GOOD, "check", "--json").stdout), run(BAD, "check", "--json")

    assert (good["schema"], good["ok"], good["path"], good["problems"]) == (1, True, places.config, [])
    assert bad.exit_code == 10
    told = json.loads(bad.stdout)
    assert (told["schema"], told["ok"]) == (1, False)
    assert [problem["key"] for problem in told["problems"]] == ["me.email", "invention.bufer_minutes"]


def test_show_prints_every_key_as_it_acts(run, places):
    lines = run(GOOD, "show").stdout.splitlines()

    assert "invention.hours = 3" in lines
    assert "invention.max_moves = 2" in lines
    assert f'mail.folder = "{places.data}/drafts"' in lines
    acting = tomllib.loads("\n".join(lines))
    assert acting["incidents"]["sev1"] == {
        "first": 15,
        "active": 30,
        "monitoring": 60,
        "long_after": 120,
        "long": 60,
    }


def test_show_tells_where_a_value_comes_from(run):
    lines = run(GOOD, "show", "--origin").stdout.splitlines()

    assert "invention.hours = 3  # file" in lines
    assert "invention.max_moves = 2  # default" in lines


def test_show_as_json(run, places):
    told = json.loads(run(GOOD, "show", "--json").stdout)

    assert (told["schema"], told["path"], told["sample"]) == (1, places.config, False)
    rows = {row["key"]: row for row in told["settings"]}
    assert rows["invention.hours"] == {"key": "invention.hours", "value": 3, "origin": "file"}
    assert rows["invention.prefer"] == {"key": "invention.prefer", "value": [], "origin": "default"}


def test_show_refuses_what_check_refuses(run):
    done = run(BAD, "show")

    assert isinstance(done.exception, ConfigError)
    assert done.stdout == ""


def test_the_path_is_all_that_path_prints(run, places):
    assert run(None, "path").stdout == f"{places.config}\n"
    assert json.loads(run(None, "path", "--json").stdout) == {
        "schema": 1,
        "path": places.config,
        "data": places.data,
        "sample": False,
        "explicit": True,
    }


def test_what_sample_prints_is_a_config_that_passes_the_check(run):
    assert run(run(None, "sample").stdout, "check").exit_code == 0


def test_schema_prints_the_schema_editors_read(run):
    schema = json.loads(run(None, "schema").stdout)

    assert "2020-12" in schema["$schema"]
    assert "invention" in schema["properties"]
