"""Where the config and the data live.

Loaded by every run, also by one with nothing due: standard library only, and platformdirs
inside the one function that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automations.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

APP = "magicloop"
SAMPLE_CALENDAR = "sample-calendar.ics"


@dataclass(frozen=True, slots=True)
class Places:
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
        return str(Path(self.config).parent)

    @property
    def templates(self) -> str:
        """The person's own templates; they come before those of the program."""
        return str(Path(self.config).parent / "templates")

    @property
    def sample_calendar(self) -> str:
        """The busy calendar the sample config reads."""
        return str(Path(self.config).parent / SAMPLE_CALENDAR)

    @property
    def database(self) -> str:
        """The journal."""
        return str(Path(self.data) / "journal.db")

    @property
    def lock(self) -> str:
        """The lock a run holds."""
        return str(Path(self.data) / "run.lock")

    @property
    def problems(self) -> str:
        """What was last reported to the person, so that the same failure is not told each run."""
        return str(Path(self.data) / "problems.json")

    @property
    def calendar_file(self) -> str:
        """The blocks' .ics file, where the config names no other."""
        return str(Path(self.data) / "invention.ics")

    @property
    def drafts_folder(self) -> str:
        """The drafts' .eml folder, where the config names no other."""
        return str(Path(self.data) / "drafts")


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
    config = _absolute(named) if named else _config_folder(home) / "config.toml"
    data = _absolute(env["MAGICLOOP_DATA"]) if env.get("MAGICLOOP_DATA") else _data_folder(home)
    # A dangling link is a config somebody meant to have: it is refused, not replaced by the sample.
    if named or config.exists() or config.is_symlink():
        return Places(str(config), str(data), sample=False, explicit=bool(named))
    return Places(str(config.parent / "sample" / "config.toml"), str(data / "sample"), sample=True)


def own_config(places: Places) -> str:
    """Return where the person's own config belongs, also while the sample stands in for it."""
    config = Path(places.config)
    return str(config.parent.parent / config.name) if places.sample else places.config


def _absolute(path: str) -> Path:
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:
        raise ConfigError(path, [ConfigProblem("", "no such home folder; write the whole path")]) from None


def _config_folder(home: str) -> Path:
    if home:
        return _absolute(home)
    from platformdirs import user_config_path

    return user_config_path(APP, appauthor=False)


def _data_folder(home: str) -> Path:
    if home:
        return _absolute(home) / "data"
    from platformdirs import user_data_path

    return user_data_path(APP, appauthor=False)
