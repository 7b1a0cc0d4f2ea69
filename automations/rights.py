"""Whose a path is: what to type where the system does not let this user have it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from shlex import quote

_REFUSED = frozenset({errno.EACCES, errno.EPERM})


def cure_of_refusal(error: BaseException | None, path: str) -> str:
    """Return `cure_of_rights` of a path where the system said that this user may not, "" where it said else."""
    refused = isinstance(error, OSError) and error.errno in _REFUSED
    return cure_of_rights(path) if refused else ""


def cure_of_rights(*paths: str) -> str:
    """Return the commands that let this user have each path, "" where rights are not what is in the way.

    A path may be one that is yet to be made. Whose a thing is comes before its mode, which only its owner may
    change. Outside of this user's own folders nothing is taken: what is there was not made by a run as root.
    """
    return "; ".join(dict.fromkeys(filter(None, map(_cure, paths))))


def take_over(path: str, *, folder: bool = False) -> str:
    """Return the command that makes a file, or a folder with all in it, this user's."""
    return f'sudo chown {"-R " if folder else ""}"$USER" {quote(path)}'


def _cure(path: str) -> str:
    way = Path(os.path.realpath(path))  # chown -R does not go through a link
    own_above = False
    there = _as_far_as_seen(way)
    for each, seen in there:
        folder, mine = stat.S_ISDIR(seen.st_mode), seen.st_uid == os.geteuid()
        last = each in (way, there[-1][0])
        wanted = _wanted(folder=folder, itself=each == way, makes=last or each == way.parent)
        lacks = not os.access(each, wanted)
        if not mine and own_above and (lacks or each == way):
            return take_over(str(each), folder=folder)
        if mine and lacks and (seen.st_mode >> 6) & wanted != wanted:
            return f"chmod u+{'rwx' if folder else 'rw'} {quote(str(each))}"
        if lacks:
            return ""
        own_above = own_above or mine
    return ""


def _wanted(*, folder: bool, itself: bool, makes: bool) -> int:
    """Return what must be allowed on a step of the way: to enter it, to make files in it, to use it."""
    if not folder:
        return os.R_OK | os.W_OK
    return os.X_OK | (os.W_OK if makes else 0) | (os.R_OK if itself else 0)


def _as_far_as_seen(way: Path) -> list[tuple[Path, os.stat_result]]:
    """Return each step of a way from the root down, as far as there is one and this user may enter."""
    there = []
    for each in (*reversed(way.parents), way):
        try:
            there.append((each, each.stat()))
        except OSError:
            break
    return there
