"""The tap between a process and the disk (tap.c): built, loaded, switched on, and its records read.

It is loaded before the C library (tapped.py sees to that). Forked children switch it on for the one command
they run.
"""

import ctypes
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("tap.c")
_HEAD = struct.Struct("<cQqII")

RECORDED = "cwtrlum"
"""Kinds that change the disk: create, write, truncate, rename, link, unlink (or rmdir), mkdir."""
SYNC, MARK, NET = "f", "!", "n"


@dataclass(frozen=True, slots=True)
class Record:
    """One call that succeeded. `at` is an offset, or a length for `t`; paths are absolute."""

    kind: str
    inode: int
    at: int
    one: bytes
    two: bytes

    @property
    def path(self):
        return os.fsdecode(self.one)

    @property
    def target(self):
        return os.fsdecode(self.two)


def missing():
    """Return why the tap cannot be used here, "" when it can."""
    if sys.platform != "linux":
        return "calls of the C library are tapped on Linux only"
    return "" if shutil.which("gcc") else "there is no gcc here to build tests/disk/tap.c with"


def built():
    """Return the path of the built tap, building it where its source is new."""
    source = SOURCE.read_bytes()
    folder = Path(tempfile.gettempdir(), f"magicloop-tap-{os.geteuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    assert folder.stat().st_uid == os.geteuid(), f"{folder} is somebody else's"
    library = folder / f"{hashlib.sha256(source).hexdigest()[:16]}.so"
    if not library.exists():
        half = folder / f"{os.getpid()}.so"
        subprocess.run(
            ["gcc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(half), str(SOURCE), "-ldl"],
            check=True,
        )
        half.replace(library)
    return library


class Tap:
    """The tap in this process, which was started by tapped.py."""

    def __init__(self):
        self._c = ctypes.CDLL(None)
        self._c.tap_begin.argtypes = [
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_long,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_char_p,
        ]
        self._c.tap_end.restype = ctypes.c_long
        self._c.tap_unsynced.restype = ctypes.c_char_p

    def record(self, below, log):
        """Append a record of every change below a folder to the file `log`."""
        self._c.tap_begin(os.fsencode(below), os.fsencode(log), 0, 0, 0, b"")

    def fail(self, below, *, at, error, lasting, kinds):
        """Let the call number `at` of these kinds fail with an errno; with `lasting` all after it too."""
        self._c.tap_begin(os.fsencode(below), b"", at, error, int(lasting), kinds.encode())

    def mark(self, text):
        """Put a word of ours between the records."""
        self._c.tap_mark(text.encode())

    def unsynced(self):
        """Return the path of the first file or folder whose sync was let fail, "" for none."""
        return os.fsdecode(self._c.tap_unsynced())

    def end(self):
        """Switch off; return how many calls of those kinds came, 0 when none was let fail."""
        return self._c.tap_end()


def read_records(log):
    """Return everything that was recorded."""
    data = Path(log).read_bytes()
    records, at = [], 0
    while at < len(data):
        kind, inode, where, one, two = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        records.append(
            Record(kind.decode(), inode, where, data[at : at + one], data[at + one : at + one + two])
        )
        at += one + two
    return records
