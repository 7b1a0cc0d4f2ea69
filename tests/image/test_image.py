"""The image does the main job with everything closed but its volume, and holds nothing it does not need."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_a_run_does_the_job_in_silence_and_a_second_has_nothing_to_do(closed):
    first = closed()
    blocks = json.loads(closed("invention", "list", "--json").stdout)["blocks"]
    drafts = json.loads(closed("draft", "list", "--json").stdout)["drafts"]
    second = closed("run", "--json")

    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    assert "booked" in {block["state"] for block in blocks}
    assert [draft["state"] for draft in drafts] == ["waiting"]
    assert json.loads(second.stdout)["actions"] == []
    assert second.returncode == 0


def test_it_is_nobody_and_can_write_nowhere_else(closed):
    tried = "import os; print(os.getuid(), os.getgid(), os.getgroups()); open({!r}, 'w')"
    inside = [
        closed(*("-c", tried.format(path)), more=["--entrypoint=python"])
        for path in ("/x", "/app/x", "/tmp/x")
    ]
    allowed = closed("-c", tried.format("/data/x"), more=["--entrypoint=python"])
    status = closed("/proc/self/status", more=["--entrypoint=cat"]).stdout

    assert [done.stdout.split()[:2] for done in inside] == [["10001", "10001"]] * 3
    assert ["Read-only file system" in done.stderr for done in inside] == [True] * 3
    assert allowed.returncode == 0
    assert re.search(r"CapEff:\s*0+\n", status)
    assert re.search(r"NoNewPrivs:\s*1\n", status)


def test_what_it_makes_is_closed_to_others(closed):
    closed()
    modes = closed(
        "-c",
        "import os; print([oct(os.stat(p).st_mode)[-3:] for p in ('/data/magicloop', '/data/magicloop/journal.db')])",
        more=["--entrypoint=python"],
    )
    rows = json.loads(closed("doctor", "--json").stdout)["rows"]

    assert modes.stdout.strip() == "['700', '600']"
    assert [row["what"] for row in rows if row["state"] == "error"] == []
    assert [row["what"] for row in rows if row["name"] == "config" and row["state"] == "warning"] == []


def test_a_volume_that_cannot_be_written_to_is_said_in_words(closed):
    done = closed(data="ro")

    assert done.returncode == 1
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr


def test_its_health_check_tells_whether_runs_come_by(closed, settings):
    check = (settings["Config"].get("Healthcheck") or settings["Healthcheck"])[
        "Test"
    ]  # Docker's place, Podman's
    before = closed(*check[2:])
    closed()
    after = closed(*check[2:])

    assert check[:2] == ["CMD", "magicloop"]
    assert (before.returncode, before.stdout) == (1, "no run yet\n")
    assert (after.returncode, after.stdout) == (0, "a run last came by 0 min ago\n")


def test_it_ends_when_told_to_though_it_is_process_1(engine, image, closed):
    """The page, as it is what stays up by itself; a signal without effect would end in a kill (137) after 60 s."""
    made = engine.must("run", "--detach", *closed.words(), image, "web", "--no-open")
    try:
        for _ in range(200):
            if "http://127.0.0.1" in engine("logs", made).stdout:
                break
        else:
            pytest.fail("the page did not come up")
        engine.must("stop", "--time=60", made)
        (state,) = json.loads(engine.must("container", "inspect", made))
    finally:
        engine("rm", "--force", made)

    assert state["State"]["ExitCode"] == 0


def test_it_holds_the_locked_packages_and_no_tool_to_build_or_install(closed):
    listing = "import importlib.metadata as m; print('\\n'.join(sorted(f'{d.name.lower()}=={d.version}' for d in m.distributions())))"
    there = closed("-c", listing, more=["--entrypoint=python"]).stdout.split()
    own = {each.replace("_", "-").replace(".", "-") for each in there}
    lock = re.findall(
        r"^([a-z0-9][a-z0-9._-]*==\S+)", (ROOT / "requirements/run.txt").read_text(), re.MULTILINE
    )
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    locked = {each.replace("_", "-").replace(".", "-") for each in [*lock, f"magicloop=={version}"]}
    tools = [
        closed("-c", f"command -v {name}", more=["--entrypoint=sh"]).stdout
        for name in ("pip", "pip3", "gcc", "make", "git")
    ]

    assert len(own) > 30
    assert own <= locked
    assert not {each.split("==")[0] for each in own} & {
        "pip",
        "setuptools",
        "wheel",
        "hatchling",
        "pluggy",
        "pathspec",
    }
    assert tools == [""] * 5


def test_the_librarys_bytecode_is_there(closed):
    """Without it every start would compile what it loads, and could not keep it."""
    compiled = (
        "import os, importlib.util as u; print(os.path.exists(u.cache_from_source(u.find_spec('{}').origin)))"
    )

    assert [
        closed("-c", compiled.format(name), more=["--entrypoint=python"]).stdout
        for name in ("email.message", "automations.cycle")
    ] == ["True\n"] * 2
