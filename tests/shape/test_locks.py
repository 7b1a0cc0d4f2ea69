"""The locks pin everything by hash, name no address, and fit pyproject.toml."""

import re
import tomllib

import pytest

NAME = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


def pins(text):
    return dict(NAME.findall(text))


def needed(requirements):
    return {
        re.match(r"[A-Za-z0-9._-]+", line).group().lower() for line in requirements if isinstance(line, str)
    }


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_every_pin_has_a_hash_and_no_address_is_named(root, lock):
    text = (root / f"requirements/{lock}.txt").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text)

    assert len(entries) > 30
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.search(r"https?:|file:|--(extra-)?index|--find-links|(?<!\w)/\w", text) is None


def test_the_locks_cover_what_pyproject_asks_for(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    run = pins((root / "requirements/run.txt").read_text())
    dev = pins((root / "requirements/dev.txt").read_text())

    assert needed(project["project"]["dependencies"]) <= set(run)
    assert needed(project["build-system"]["requires"]) <= set(run)
    assert needed(project["dependency-groups"]["dev"]) <= set(dev)
    assert project["dependency-groups"]["build"] == project["build-system"]["requires"]


def test_development_uses_the_very_versions_people_run(root):
    run = pins((root / "requirements/run.txt").read_text())
    dev = pins((root / "requirements/dev.txt").read_text())

    assert {name: version for name, version in run.items() if dev.get(name) != version} == {}
