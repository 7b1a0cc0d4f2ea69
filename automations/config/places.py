# ruff: noqa: PTH100, PTH111, PTH118, PTH119, PTH120 -- importing pathlib costs milliseconds, and the fast path runs through here
"""Where the config and the data live.

Loaded by every run, also by one with nothing due: standard library only, and platformdirs
inside the one function that needs it.
"""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, NamedTuple

from automations.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

APP = "magicloop"
SAMPLE_CALENDAR = "sample-calendar.ics"


class Places(NamedTuple):
    """The config file and the data folder, both absolute.

    `sample` tells that no config exists yet, so that the labelled sample stands in for it;
    `explicit` that the config was named by the flag or by MAGICLOOP_CONFIG.
    """

    config: str
    data: str
    sample: bool
    explicit: bool = False

    @property
    def config_folder(self) -> str:
        """The folder the config lies in; relative paths in the config start here."""
        return os.path.dirname(self.config)

    @property
    def templates(self) -> str:
        """The person's own templates; they come before those of the program."""
        return os.path.join(self.config_folder, "templates")

    @property
    def sample_calendar(self) -> str:
        """The busy calendar the sample config reads."""
        return os.path.join(self.config_folder, SAMPLE_CALENDAR)

    @property
    def database(self) -> str:
        """The journal."""
        return os.path.join(self.data, "journal.db")

    @property
    def purged(self) -> str:
        """The note that the journal was removed on purpose, where drafts or blocks stayed behind."""
        return os.path.join(self.data, "journal.purged")

    @property
    def known_drafts(self) -> str:
        """What is remembered of the drafts at Google."""
        return os.path.join(self.data, "google-drafts.json")

    @property
    def lock(self) -> str:
        """The lock a run holds."""
        return os.path.join(self.data, "run.lock")

    @property
    def run_log(self) -> str:
        """What the scheduler's runs said, where no journal keeps it."""
        return os.path.join(self.data, "run.log")

    @property
    def told(self) -> str:
        """What runs of the schedule failed of and was told, where no run got as far as the journal."""
        return os.path.join(self.data, "told.json")

    @property
    def calendar_file(self) -> str:
        """The blocks' .ics file, where the config names no other."""
        return os.path.join(self.data, "invention.ics")

    @property
    def drafts_folder(self) -> str:
        """The drafts' .eml folder, where the config names no other."""
        return os.path.join(self.data, "drafts")


def find_places(env: Mapping[str, str], config_flag: str | None = None) -> Places:
    """Return where config and data are; reads no file, makes none.

    Config: the flag, MAGICLOOP_CONFIG, MAGICLOOP_HOME/config.toml, the platform's config folder.
    Data: MAGICLOOP_DATA, MAGICLOOP_HOME/data, the platform's data folder. An empty variable counts
    as not set. A config that was named but is missing is left to `load.load` to refuse, so that
    `init` can make it.

    :raises ConfigError: the flag is an empty path, or a `~name` that nobody here has.
    """
    if config_flag is not None and not config_flag.strip():
        raise ConfigError("--config", [ConfigProblem("", "is empty; name a file, or leave it out")])
    home = env.get("MAGICLOOP_HOME", "")
    named = config_flag or env.get("MAGICLOOP_CONFIG", "")
    config = _absolute(named) if named else os.path.join(_config_folder(home), "config.toml")
    data = _absolute(env["MAGICLOOP_DATA"]) if env.get("MAGICLOOP_DATA") else _data_folder(home)
    # A dangling link is a config somebody meant to have: it is refused, not replaced by the sample.
    if named or os.path.lexists(config):
        return Places(config, data, sample=False, explicit=bool(named))
    sample = os.path.join(os.path.dirname(config), "sample", "config.toml")
    return Places(sample, os.path.join(data, "sample"), sample=True)


def told_elsewhere(env: Mapping[str, str], data: str) -> str:
    """Return where `told` stands while the data folder cannot be used: in the platform's folder for state.

    Not among temporary files, where a name could be taken by anybody on the machine.
    """
    from zlib import crc32

    return os.path.join(state_folder(env), f"told-{crc32(os.fsencode(data)):08x}.json")


def state_folder(env: Mapping[str, str]) -> str:
    """Return the person's folder for what belongs into the data folder while that cannot be used."""
    home = env.get("MAGICLOOP_HOME", "")
    if home:
        return os.path.join(_absolute(home), "state")
    from platformdirs import user_state_dir

    return user_state_dir(APP, appauthor=False)


def own_config(places: Places) -> str:
    """Return where the person's own config belongs, also while the sample stands in for it."""
    if not places.sample:
        return places.config
    return os.path.join(os.path.dirname(places.config_folder), os.path.basename(places.config))


def own_places(places: Places) -> Places:
    """Return where the person's own things belong, also while the sample stands in for them."""
    if not places.sample:
        return places
    return Places(own_config(places), os.path.dirname(places.data), sample=False)


def _absolute(path: str) -> str:
    expanded = os.path.expanduser(path)
    if expanded.startswith("~"):
        raise ConfigError(path, [ConfigProblem("", "no such home folder; write the whole path")])
    return os.path.abspath(expanded)


def _config_folder(home: str) -> str:
    if home:
        return _absolute(home)
    from platformdirs import user_config_dir

    return user_config_dir(APP, appauthor=False)


def _data_folder(home: str) -> str:
    if home:
        return os.path.join(_absolute(home), "data")
    from platformdirs import user_data_dir

    return user_data_dir(APP, appauthor=False)
