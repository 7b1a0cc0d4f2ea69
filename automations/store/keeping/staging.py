"""A folder to work in beside the journal, gone afterwards; what killed processes left is swept."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = ".ml-"
_LIFE_SECONDS = 3600.0


@contextmanager
def staging_folder(beside: Path) -> Iterator[Path]:
    """Give an empty folder in the folder `beside`, for its owner alone; what cannot be removed is swept later.

    :raises OSError: it cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=beside, ignore_cleanup_errors=True) as name:
        sweep(beside, Path(name).stat().st_mtime)
        yield Path(name)


def sweep(folder: Path, now: float) -> None:
    """Remove our unfinished files and folders that are older than an hour; `now` is the time of a new one."""
    for left in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if now - left.lstat().st_mtime <= _LIFE_SECONDS:
                continue
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            elif left.name.endswith(".new"):
                left.unlink()
