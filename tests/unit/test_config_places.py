"""Where config and data are: the flag, the variables, the platform, and the sample when there is none."""

import subprocess
import sys
from pathlib import Path

import pytest

from automations.config.places import Places, find_places, own_config
from automations.errors import ConfigError

LIGHT = "import automations.config.places, sys; print(*sorted(sys.modules))"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder that is also the place relative paths start at."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_flag_comes_before_the_variables(folder):
    env = {
        "MAGICLOOP_CONFIG": "/by/variable.toml",
        "MAGICLOOP_HOME": "/by/home",
        "MAGICLOOP_DATA": "/by/data",
    }

    assert find_places(env, "flag.toml") == Places(
        f"{folder}/flag.toml", "/by/data", sample=False, explicit=True
    )
    assert find_places(env) == Places("/by/variable.toml", "/by/data", sample=False, explicit=True)


def test_one_variable_moves_everything(folder):
    (folder / "config.toml").touch()

    assert find_places({"MAGICLOOP_HOME": "."}) == Places(
        f"{folder}/config.toml", f"{folder}/data", sample=False, explicit=False
    )


def test_without_any_word_the_platform_decides(home, monkeypatch):
    monkeypatch.setattr(sys, "platform", sys.platform)
    found = find_places({})

    assert found.sample
    assert found.config.startswith(f"{home}/")
    assert found.data.startswith(f"{home}/")
    assert Path(found.config).parts[-3:] == ("magicloop", "sample", "config.toml")
    assert Path(found.data).parts[-2:] == ("magicloop", "sample")


def test_the_sample_stands_in_until_there_is_a_config_and_never_shares_its_data(folder):
    env = {"MAGICLOOP_HOME": str(folder)}
    before = find_places(env)
    assert before == Places(f"{folder}/sample/config.toml", f"{folder}/data/sample", sample=True)
    assert own_config(before) == f"{folder}/config.toml"

    Path(own_config(before)).touch()

    after = find_places(env)
    assert after == Places(f"{folder}/config.toml", f"{folder}/data", sample=False)
    assert own_config(after) == after.config
    assert before.database != after.database


def test_a_config_behind_a_dangling_link_is_not_replaced_by_the_sample(folder):
    (folder / "config.toml").symlink_to("gone.toml")

    assert not find_places({"MAGICLOOP_HOME": str(folder)}).sample


def test_a_named_config_is_taken_as_named_even_if_it_is_missing(folder):
    found = find_places({}, "nowhere.toml")

    assert (found.config, found.sample, found.explicit) == (f"{folder}/nowhere.toml", False, True)


def test_empty_variables_count_as_not_set(folder):
    env = {"MAGICLOOP_CONFIG": "", "MAGICLOOP_DATA": "", "MAGICLOOP_HOME": str(folder)}

    assert find_places(env) == find_places({"MAGICLOOP_HOME": str(folder)})


def test_a_home_folder_is_written_out(home):
    assert find_places({"MAGICLOOP_DATA": "~/d"}, "~/c.toml").config == f"{home}/c.toml"
    assert find_places({"MAGICLOOP_DATA": "~/d"}, "~/c.toml").data == f"{home}/d"


@pytest.mark.parametrize("flag", ["", " ", "~nobody-of-this-name/c.toml"])
def test_a_flag_that_names_nothing_is_refused(flag):
    with pytest.raises(ConfigError) as caught:
        find_places({}, flag)

    assert caught.value.exit_code == 10


def test_the_files_lie_beside_their_config_or_in_the_data_folder():
    places = Places("/c/config.toml", "/d", sample=False)

    assert places.config_folder == "/c"
    assert places.templates == "/c/templates"
    assert places.sample_calendar == "/c/sample-calendar.ics"
    assert places.database == "/d/journal.db"
    assert places.lock == "/d/run.lock"
    assert places.calendar_file == "/d/invention.ics"
    assert places.drafts_folder == "/d/drafts"


def test_it_loads_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())

    assert "automations.config.places" in loaded
    assert not {"msgspec", "platformdirs", "click", "tomllib", "automations.config.spec"} & loaded
