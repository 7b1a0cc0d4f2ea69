"""The wheel alone does the main job: built from the sdist, installed far from the checkout."""

import json
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CARRIED = ("templates", "config", "deploy")

pytestmark = [pytest.mark.wheel, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the sdist, and the wheel from the unpacked sdist; return both files."""
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=out,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (sdist,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Install the wheel into a new environment that cannot see the checkout; return its bin folder.

    The libraries come from the environment the tests run in, by a path entry: no network is needed,
    and that environment's own (editable) magicloop is not on that path.
    """
    folder = tmp_path_factory.mktemp("elsewhere") / "environment"
    venv.create(folder, with_pip=False)
    python = folder / "bin/python"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            built[1],
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    Path(found.stdout.strip(), "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


@pytest.fixture
def call(installed, home):
    """Return a function that calls a program of the environment in an empty HOME."""

    def run(program, *arguments):
        return subprocess.run(
            [installed / program, *arguments],
            cwd=home,
            env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def names(archive):
    if archive.suffix == ".whl":
        return set(zipfile.ZipFile(archive).namelist())
    with tarfile.open(archive) as tar:
        return {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}


def shipped(folder):
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}


def test_the_wheel_carries_what_stands_beside_the_code(built):
    carried = names(built[1])

    for folder in CARRIED:
        files = shipped(folder)
        assert files
        assert {f"automations/_data/{name}" for name in files} <= carried
    assert {name for name in carried if name.endswith(".sql")} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "automations").rglob("*.sql")
    }
    assert "automations/py.typed" in carried
    assert [name for name in carried if name.startswith(("tests/", "benchmarks/"))] == []


def test_the_sdist_can_be_tested_and_built(built):
    carried = names(built[0])

    for folder in (*CARRIED, "tests", "requirements"):
        missing = {name for name in shipped(folder) if "__pycache__" not in name} - carried
        assert missing == set()
    assert {"pyproject.toml", "Makefile", "README.md", "LICENSE"} <= carried


def test_the_checkout_is_out_of_reach(call, installed):
    done = call("python", "-c", "import automations; print(automations.__file__)")

    assert Path(done.stdout.strip()).is_relative_to(installed.parent), done.stderr


def test_the_main_job_runs_with_no_config_and_no_account(call, home):
    done = call("magicloop", "run", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = [action["kind"] for action in json.loads(done.stdout)["actions"] if action["outcome"] == "done"]
    assert "book-block" in kinds
    assert "create-draft" in kinds

    calendars = [path for path in home.rglob("*.ics") if b"BEGIN:VEVENT" in path.read_bytes()]
    booked = [path for path in calendars if not path.name.startswith("sample")]
    assert len(booked) == 1
    assert booked[0].read_bytes().count(b"BEGIN:VEVENT") == kinds.count("book-block")
    drafts = list(home.rglob("*.eml"))
    assert len(drafts) == kinds.count("create-draft")
    for path in drafts:
        mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        assert mail["X-Unsent"] == "1"
        assert mail["Subject"]
        assert mail["To"]

    before = {path: path.read_bytes() for path in (*booked, *drafts)}
    again = call("magicloop", "run", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["actions"] == []
    assert {path: path.read_bytes() for path in before} == before
    assert list(home.rglob("*.eml")) == drafts


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("config", "sample"), ("config", "schema")]
)
def test_commands_that_need_shipped_files_work(call, arguments):
    done = call("magicloop", *arguments)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_python_dash_m_is_the_same_command(call):
    assert call("python", "-m", "automations", "--version").stdout == call("magicloop", "--version").stdout


def test_a_run_writes_nothing_beside_the_installed_code(call, installed):
    package = next((installed.parent / "lib").glob("python3*/site-packages")) / "automations"

    def files():
        return {path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"}

    before = files()
    assert call("magicloop", "run").returncode == 0
    assert files() == before
