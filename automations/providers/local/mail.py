"""The local mailbox: a folder with one .eml file per draft, which mail programs open for writing.

A file's name is its id. The person may edit, delete or move any of them at any time: nothing is
overwritten or removed that is not byte for byte what was last read.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from automations.compose.mime import REF_HEADER
from automations.compose.reading import seen_draft
from automations.errors import ConflictError, FaultClass, HeaderFaultError, ProviderError
from automations.model.seen import OwnDrafts, SeenDraft, Unreadable
from automations.ports import MailCapabilities
from automations.providers.local.files import create_new, explain, read, remove, replace_if, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from automations.ports import MailCopy

MAX_FILE = 50 * 1024 * 1024
"""Bytes; a draft that grew beyond this is not read."""

_HEAD = 64 * 1024
_REF = re.compile(rb"^" + REF_HEADER.encode() + rb":[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_SLUG_LENGTH = 40
_NAMES_TRIED = 100


class LocalMailbox:
    """Implements `ports.Mailbox` on the files of `folder`, an absolute path; lines end in `newline`."""

    def __init__(self, folder: str, newline: str = "\r\n") -> None:
        self._folder = Path(folder)
        self._newline = newline.encode("ascii")

    @property
    def capabilities(self) -> MailCapabilities:
        """What this provider can do."""
        return MailCapabilities(
            drafts=True,
            find_by_key=True,
            tells_sent_from_deleted=False,
            keeps_message_id=False,
            threads=False,
            writes_late=False,
        )

    def fetch_drafts(self, provider_ids: Sequence[str], refs: Mapping[str, str] | None = None) -> OwnDrafts:
        """Return those of our drafts that are still there, decoded; one that was renamed by its ref.

        A file that is there but is no mail any more is in `unreadable` and does not hide the others.

        :raises ProviderError: permanent, the folder cannot be read.
        """
        unreadable = {one: _kept_elsewhere(one) for one in provider_ids if not one.endswith(".eml")}
        files = [one for one in provider_ids if one not in unreadable]
        if not files:
            return OwnDrafts(unreadable=unreadable)
        if not self._folder_there():
            return OwnDrafts(lost=True, unreadable=unreadable)
        found: dict[str, SeenDraft] = {}
        for provider_id in files:
            try:
                data = self._read(provider_id)
                seen = seen_draft(provider_id, data) if data is not None else None
                if seen is None and refs and provider_id in refs:
                    seen = self.find(refs[provider_id])
                if seen is not None:
                    found[provider_id] = seen
            except (HeaderFaultError, ProviderError) as fault:
                path = str(self._folder / provider_id)
                unreadable[provider_id] = Unreadable(provider_id, fault.what, path, fault.fix)
        return OwnDrafts(found, unreadable=unreadable, emptied="" if found else self._emptied(files))

    def _emptied(self, asked: Sequence[str]) -> str:
        """Return the folder if no file in it is a draft of ours, "" else; a file of a draft's name may be one."""
        paths = (*(self._folder / name for name in asked if _is_draft_name(name)), *self.own_files())
        return "" if any(os.path.lexists(path) for path in paths) else str(self._folder)

    def find(self, ref: str) -> SeenDraft | None:
        """Return our draft with this `ref`, whatever its file is called now; None when there is none.

        :raises ProviderError: permanent, a file that may be it cannot be read.
        """
        for path in self._files():
            if self._ref_of(path) == ref:
                data = self._read(path.name)
                if data is not None:
                    return self._decoded(path.name, data)
        return None

    def create(self, copy: MailCopy) -> SeenDraft:
        """Put a draft there. Creating the same `ref` again changes nothing and returns what stands.

        :raises ProviderError: permanent, nothing was written; ambiguous, the disk failed on the way.
        """
        standing = self.find(copy.ref)
        if standing is not None:
            return standing
        data = self._lines(copy.mime)
        for name in _names(copy):
            seen = self._decoded(name, data)
            try:
                create_new(self._folder / name, data)
            except FileExistsError:
                # Another draft of that name, or another process that made this very one meanwhile.
                if self._ref_of(self._folder / name) == copy.ref:
                    return self.create(copy)
                continue
            return seen
        raise ProviderError(
            "no free file name was found for the draft",
            fault=FaultClass.PERMANENT,
            where=str(self._folder),
            fix="move the files of old drafts elsewhere, then: magicloop run",
        )

    def update(self, provider_id: str, copy: MailCopy, *, revision: str) -> SeenDraft:
        """Replace our draft's bytes if it still has `revision`; its file keeps its name.

        :raises ConflictError: somebody changed or deleted it; nothing was written.
        :raises ProviderError: permanent, nothing was written; ambiguous, the disk failed on the way.
        """
        # Writing would make the folder anew, and a lost folder must stay seen as lost.
        if self._read(provider_id) is None:
            raise ConflictError(
                f"{provider_id} was deleted or moved by somebody else; nothing was written",
                where=str(self._folder),
                fix="magicloop run",
            )
        data = self._lines(copy.mime)
        seen = self._decoded(provider_id, data)
        replace_if(self._folder / provider_id, data, revision)
        return seen

    def delete(self, provider_id: str, *, revision: str) -> None:
        """Remove our draft if it still has `revision`. Gone already is fine.

        :raises ConflictError: somebody changed it; it stays.
        :raises ProviderError: permanent, it cannot be removed; ambiguous, the disk failed and it may come back.
        """
        data = self._read(provider_id)
        if data is None:
            return
        if sha256(data) != revision:
            raise ConflictError(
                f"{provider_id} was changed by somebody else since it was read; it stays",
                where=str(self._folder / provider_id),
                fix="magicloop run",
            )
        remove(self._folder / provider_id)

    def watched(self) -> tuple[str, ...]:
        """Return the folder: a change in it can change an answer."""
        return (str(self._folder),)

    def own_files(self) -> tuple[Path, ...]:
        """Return every file in the folder that is a draft of ours, whatever it is called now.

        :raises ProviderError: permanent, the folder or a file that may be one cannot be read.
        """
        return tuple(path for path in self._files() if self._ref_of(path))

    def _folder_there(self) -> bool:
        try:
            next(self._folder.iterdir(), None)
        except FileNotFoundError:
            return False
        except OSError as fault:
            raise self._refused("read", self._folder, fault) from fault
        return True

    def _files(self) -> Iterator[Path]:
        try:
            found = sorted(path for path in self._folder.iterdir() if _is_draft_name(path.name))
        except FileNotFoundError:
            return
        except OSError as fault:
            raise self._refused("read", self._folder, fault) from fault
        yield from found

    def _ref_of(self, path: Path) -> str:
        """Return the ref in a file's header, '' for none; only the beginning of the file is read."""
        try:
            if not path.is_file():
                return ""
            with path.open("rb") as stream:
                start = stream.read(_HEAD)
        except FileNotFoundError:
            return ""
        except OSError as fault:
            raise self._refused("read", path, fault) from fault
        head = _END_OF_HEAD.split(start, maxsplit=1)[0]
        ref = _REF.search(head)
        return ref[1].decode("ascii", "replace") if ref else ""

    def _read(self, provider_id: str) -> bytes | None:
        """Return a draft's bytes, None when there is no such file of ours."""
        if not _is_draft_name(provider_id):
            return None
        path = self._folder / provider_id
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise self._refused("read", path, fault) from fault
        if size > MAX_FILE or not path.is_file():
            raise ProviderError(
                f"{provider_id} is {'longer than 50 MB' if size > MAX_FILE else 'no file'}",
                fault=FaultClass.PERMANENT,
                where=str(path),
                fix="move it elsewhere; its words are in: magicloop draft list",
            )
        return read(path)

    def _decoded(self, provider_id: str, data: bytes) -> SeenDraft:
        try:
            return seen_draft(provider_id, data)
        except HeaderFaultError as fault:
            raise ProviderError(
                f"{provider_id} cannot be read as mail: {fault.what}",
                fault=FaultClass.PERMANENT,
                where=str(self._folder / provider_id),
                fix=fault.fix,
            ) from fault

    def _lines(self, mime: bytes) -> bytes:
        return mime.replace(b"\r\n", b"\n").replace(b"\n", self._newline)

    def _refused(self, verb: str, path: Path, fault: OSError) -> ProviderError:
        why, fix = explain(fault, path)
        return ProviderError(
            f"cannot {verb} {path.name}: {why}", fault=FaultClass.PERMANENT, where=str(path), fix=fix
        )


def _kept_elsewhere(draft_id: str) -> Unreadable:
    what = 'the draft is in Gmail, from before mail.provider became "local"'
    fix = 'send or discard it first: mail.provider = "google", then magicloop draft list'
    return Unreadable(draft_id, what, draft_id, fix)


def _is_draft_name(name: str) -> bool:
    """Tell whether a name is that of a draft in the folder itself; a leading dot is a file being written."""
    return name.endswith(".eml") and not name.startswith(".") and not any(mark in name for mark in "/\\\0")


def _names(copy: MailCopy) -> Iterator[str]:
    """Return the names a draft's file may get, best first: `2026-12-01-anything-off-your-plate-3f9a1c.eml`."""
    stem = f"{copy.created:%Y-%m-%d}-{slug(copy.subject)}-{copy.ref[:6]}"
    yield f"{stem}.eml"
    for number in range(2, _NAMES_TRIED):
        yield f"{stem}-{number}.eml"


def slug(text: str) -> str:
    """Return words as part of a file name: lower-case ASCII letters, digits and `-`; `mail` for none."""
    ascii_only = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:_SLUG_LENGTH].strip("-") or "mail"
