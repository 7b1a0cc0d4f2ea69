"""Templates, sample config and schedule files are found in a checkout and beside an installed package."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from automations import resources
from automations.errors import MagicloopError

LIST = (
    "from automations import resources as r;"
    "print(r.template_root()); print(r.read_config_resource('a.toml')); print(r.deploy_file('systemd/x.timer'))"
)


def test_in_a_checkout_the_top_folders_answer(root):
    assert resources.template_root() == str(root / "templates")
    assert resources.deploy_file("systemd/magicloop.timer") == str(root / "deploy/systemd/magicloop.timer")


def test_beside_an_installed_package_its_own_data_answers(root, tmp_path):
    package = tmp_path / "automations"
    package.mkdir()
    for name in ("__init__.py", "errors.py", "resources.py"):
        shutil.copy(root / "automations" / name, package)
    for name, text in (("templates/t.j2", "t"), ("config/a.toml", "x = 1"), ("deploy/systemd/x.timer", "")):
        for base in (package / "_data", tmp_path):
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            (base / name).write_text(text)
    data = package / "_data"

    done = subprocess.run(
        [sys.executable, "-c", LIST], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [
        str(data / "templates"),
        "b'x = 1'",
        str(data / "deploy/systemd/x.timer"),
    ]


def test_a_file_the_installation_lacks_is_named():
    with pytest.raises(MagicloopError) as caught:
        resources.read_config_resource("nothing.toml")

    assert "config/nothing.toml is missing" in caught.value.what
    assert Path(caught.value.where).name == "nothing.toml"
    assert "install" in caught.value.fix
