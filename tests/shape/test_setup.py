"""Set-up says in one sentence what it lacks, and a red make changes nothing."""

import shutil
import subprocess

import pytest

TOOLS = ("sh", "dirname", "rm", "touch", "make")


@pytest.fixture
def bare(tmp_path, root):
    """Return a checkout's set-up files and a PATH that has neither Python nor uv."""
    tree = tmp_path / "tree"
    (tree / "requirements").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(root / name, tree)
    for name in ("setup", "run.txt", "dev.txt"):
        shutil.copy(root / "requirements" / name, tree / "requirements")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"no {tool} here")
        (bin_folder / tool).symlink_to(found)
    return tree, bin_folder


def make(tree, bin_folder):
    return subprocess.run(
        ["make", "run"],
        cwd=tree,
        env={"PATH": str(bin_folder), "HOME": str(tree)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_python_it_says_what_to_install(bare):
    done = make(*bare)

    assert done.returncode != 0
    assert "needs Python 3.11 or newer and found none" in done.stderr
    assert not (bare[0] / ".venv").exists()


def test_with_an_old_python_it_names_its_version(bare):
    tree, bin_folder = bare
    old = bin_folder / "python3"
    old.write_text('#!/bin/sh\ncase "$*" in *platform*) echo 3.9.6;; *) exit 1;; esac\n')
    old.chmod(0o755)

    done = make(tree, bin_folder)

    assert done.returncode != 0
    assert "needs Python 3.11 or newer, but python3 is 3.9.6" in done.stderr
    assert not (tree / ".venv").exists()


def test_once_set_up_it_starts_at_once(bare):
    tree, bin_folder = bare
    command = tree / ".venv/bin/magicloop"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\necho "called: $*"\n')
    command.chmod(0o755)
    (tree / ".venv/ready-run").touch()

    done = make(tree, bin_folder)

    assert (done.returncode, done.stdout) == (0, "called: run --report\n"), done.stderr


@pytest.mark.parametrize("script", ["requirements/setup", "requirements/lock", ".ci/run"])
def test_the_scripts_are_executable_and_well_formed(root, script):
    shell = (root / script).read_text().splitlines()[0].removeprefix("#!").split()[-1]

    assert (root / script).stat().st_mode & 0o111
    done = subprocess.run(
        [shell, "-n", root / script], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
