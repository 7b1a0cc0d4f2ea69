"""A folder to work in beside the journal, gone afterwards; what killed processes left is swept."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from automations.whole_files import LIFE_SECONDS, UNFINISHED, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def staging_folder(beside: Path) -> Iterator[Path]:
    """Give an empty folder in the folder `beside`, for its owner alone; what cannot be removed is swept later.

    :raises OSError: it cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=beside, ignore_cleanup_errors=True) as name:
        now = Path(name).stat().st_mtime
        sweep(beside, now)
        _sweep_folders(beside, now)
        yield Path(name)


def _sweep_folders(beside: Path, now: float) -> None:
    """Remove the folders that killed processes left; only here, because one may be at work in one for long."""
    for left in beside.glob(f"{UNFINISHED}*/"):
        with suppress(OSError):
            if not left.is_symlink() and now - left.stat().st_mtime > LIFE_SECONDS:
                shutil.rmtree(left)
