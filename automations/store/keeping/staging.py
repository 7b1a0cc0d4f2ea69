"""A folder to work in beside the journal, gone afterwards; what killed processes left is swept."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from automations.whole_files import LIFE_SECONDS, UNFINISHED, sweep, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def staging_folder(beside: Path) -> Iterator[Path]:
    """Give an empty folder in the folder `beside`, for its owner alone; what cannot be removed is swept later.

    :raises OSError: it cannot be made.
    """
    # Its name is known before it is made, so that it goes also when a signal to stop arrives in between.
    folder = beside / f"{UNFINISHED}{os.urandom(6).hex()}"
    try:
        folder.mkdir(mode=0o700)
        now = folder.stat().st_mtime
        sweep(beside, now)
        _sweep_folders(beside, now)
        yield folder
    finally:
        tidy(lambda: shutil.rmtree(folder, ignore_errors=True))


def _sweep_folders(beside: Path, now: float) -> None:
    """Remove the folders that killed processes left; only here, because one may be at work in one for long."""
    for left in beside.glob(f"{UNFINISHED}*/"):
        with suppress(OSError):
            if not left.is_symlink() and now - left.stat().st_mtime > LIFE_SECONDS:
                shutil.rmtree(left)
