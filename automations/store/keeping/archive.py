"""A .tar.gz that any tar can open, and a reader that understands only what the writer writes.

The reader takes plain files under the names of the manifest, in its order, each of the size and the
sha256 told there. Links, folders, devices, other names, other sizes and anything after the end are
refused, and never more is unpacked than the manifest allows: an archive may come from anywhere.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from automations.errors import RefusedError
from automations.whole_files import place_new_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 4 * 1024 * 1024
LARGEST_FILE = 512 * 1024 * 1024
LARGEST_WHOLE = 1024 * 1024 * 1024
MOST_FILES = 20_000

_BLOCK = 512
_CHUNK = 1024 * 1024
_PLAIN_FILE = (b"0", b"\0")


class BadArchiveError(RefusedError):
    """A file that is no backup of ours, or no longer as it was written."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(
            f"{path} {what}; nothing was changed",
            where=path,
            fix="magicloop restore FILE    (another backup)",
        )


def write_archive(target: Path, manifest: bytes, files: list[tuple[str, bytes]], *, stamp: int) -> None:
    """Write an archive, mode 0600, whole or not at all; `stamp` is its files' time in seconds of the epoch.

    :raises FileExistsError: something of that name is there; it is left alone.
    :raises OSError: it cannot be written.
    """

    def pack(raw: BinaryIO) -> None:
        with (
            gzip.GzipFile("", "wb", 6, raw, mtime=stamp) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
        ):
            for member, content in ((MANIFEST, manifest), *files):
                info = tarfile.TarInfo(member)
                info.size, info.mode, info.mtime = len(content), 0o600, stamp
                tar.addfile(info, io.BytesIO(content))

    if not place_new_file(target, pack):
        raise FileExistsError(str(target))


def read_archive(path: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield (name, its bytes in pieces) of each file of an archive; take the pieces before the next name.

    :raises BadArchiveError: it is no archive of ours, is damaged, or holds anything but plain files.
    :raises OSError, EOFError, zlib.error: it cannot be read, or unpacked.
    """
    with gzip.open(path, "rb") as unpacked:
        yield from _members(unpacked, path)


def _members(unpacked: gzip.GzipFile, path: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    whole = count = 0
    while True:
        head = unpacked.read(_BLOCK)
        if head == b"\0" * _BLOCK:
            break
        name, size = _header(head, path)
        whole, count = whole + size, count + 1
        if size > LARGEST_FILE or whole > LARGEST_WHOLE or count > MOST_FILES:
            raise BadArchiveError(path, "holds more than a backup can")
        yield name, _content(unpacked, size, path)
    # The writer fills its last record with zeros; more than that was put there by somebody else.
    rest = unpacked.read(tarfile.RECORDSIZE + 1)
    if len(rest) > tarfile.RECORDSIZE or rest.strip(b"\0"):
        raise BadArchiveError(path, "goes on after its end")


def _header(head: bytes, path: str) -> tuple[str, int]:
    """Return (name, size) of a ustar header that stands for a plain file."""
    try:
        if len(head) != _BLOCK or head[257:263] != b"ustar\0":
            raise ValueError  # noqa: TRY301 - one sentence for all of it
        told = int(head[148:156].rstrip(b"\0 "), 8)
        if told != sum(head[:148]) + 8 * ord(" ") + sum(head[156:]):
            raise ValueError  # noqa: TRY301 - as above
        size = int(head[124:136].rstrip(b"\0 "), 8)
        name = head[:100].rstrip(b"\0").decode("ascii")
    except ValueError:
        raise BadArchiveError(path, "is damaged or no backup") from None
    if head[156:157] not in _PLAIN_FILE or head[157:257].strip(b"\0") or head[345:500].strip(b"\0"):
        raise BadArchiveError(path, f"holds {name!r}, which is no plain file")
    return name, size


def _content(unpacked: gzip.GzipFile, size: int, path: str) -> Iterator[bytes]:
    left = size
    while left:
        piece = unpacked.read(min(left, _CHUNK))
        if not piece:
            raise BadArchiveError(path, "is cut short")
        left -= len(piece)
        yield piece
    if size % _BLOCK:
        unpacked.read(_BLOCK - size % _BLOCK)


def unpack(path: str, into: Path) -> dict[str, Any]:
    """Unpack a backup into an empty folder, each file checked, and return its manifest.

    The files are called 0, 1, 2 … in the order of the manifest: no name of the archive reaches the disk.

    :raises BadArchiveError: it is not exactly what its manifest says.
    :raises OSError: it cannot be read, or there is no room for it.
    """
    try:
        return _unpack(path, into)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadArchiveError(path, f"is damaged or no backup ({error})") from error


def _unpack(path: str, into: Path) -> dict[str, Any]:
    members = read_archive(path)
    manifest = _manifest(members, path)
    wanted = manifest["files"]
    for number, told in enumerate(wanted):
        name, pieces = next(members, ("", iter(())))
        if name != told["name"]:
            raise BadArchiveError(path, f"lacks {told['name']!r} where its manifest has it")
        _keep(into / str(number), pieces, told, path)
    if next(members, None) is not None:
        raise BadArchiveError(path, "holds a file that its manifest does not name")
    return manifest


def _manifest(members: Iterator[tuple[str, Iterator[bytes]]], path: str) -> dict[str, Any]:
    name, pieces = next(members, ("", iter(())))
    if name != MANIFEST:
        raise BadArchiveError(path, "is no backup: it has no manifest")
    text = b""
    for piece in pieces:
        text += piece
        if len(text) > LARGEST_MANIFEST:
            raise BadArchiveError(path, "has a manifest that is too long")
    with suppress(ValueError, RecursionError):
        manifest = json.loads(text)
        if isinstance(manifest, dict) and _files_are_sound(manifest.get("files")):
            return manifest
    raise BadArchiveError(path, "has a manifest that makes no sense")


def _files_are_sound(files: Any) -> bool:
    return isinstance(files, list) and all(
        isinstance(one, dict)
        and all(isinstance(one.get(key), str) for key in ("name", "kind", "path", "sha256"))
        and type(one.get("size")) is int
        for one in files
    )


def _keep(place: Path, pieces: Iterator[bytes], told: dict[str, Any], path: str) -> None:
    digest, size = hashlib.sha256(), 0
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > told["size"]:
                break
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if size != told["size"] or digest.hexdigest() != told["sha256"]:
        raise BadArchiveError(path, f"holds another {told['name']!r} than was written")
