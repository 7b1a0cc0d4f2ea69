"""Making a file of the person's that was not there, and never over another one."""

from __future__ import annotations

from pathlib import Path

from automations.errors import ConfigError, ConfigProblem
from automations.rights import cure_of_refusal
from automations.whole_files import make_folders, place_new_file


def write_new(path: str, content: bytes) -> bool:
    """Write a new file, mode 0600, its folders 0700; return False when the name was taken and left alone.

    :raises ConfigError: the folder or the file cannot be made.
    """
    target = Path(path)
    try:
        make_folders(target.parent)
        return place_new_file(target, content)
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        fix = (
            cure_of_refusal(error, path)
            or f"make {target.parent} writable, or set MAGICLOOP_HOME to a folder that is"
        )
        raise ConfigError(path, [ConfigProblem("", what)], fix=fix) from None
