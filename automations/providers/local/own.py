"""The one .ics file that holds our blocks, edited as text so that nothing else in it changes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automations.compose.ics import (
    OWN_PROPERTIES,
    id_of,
    needs_timezone,
    render_calendar,
    render_event,
    render_timezone,
    uid_of,
)
from automations.errors import ConflictError, FaultClass, MagicloopError, ProviderError
from automations.providers.local.busy import CalendarFile
from automations.providers.local.files import replace_if, sha256
from automations.providers.local.source import decode, read_limited, scan
from automations.rights import cure_of_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from automations.compose.ics import StandingBlock
    from automations.ports import BlockEvent
    from automations.providers.local.source import Part

_COVERED = re.compile(r"^COMMENT:magicloop covers (\d{4}) to (\d{4})\r?$", re.MULTILINE)
_YEARS_BEFORE, _YEARS_AFTER = 1, 9
_ATTEMPTS = 3


@dataclass(slots=True)
class OwnFile:
    """The file as it was read: its text, its fingerprint, and those of our events in it that were asked for."""

    path: Path
    file: CalendarFile
    fingerprint: str
    blocks: dict[str, StandingBlock]
    parts: dict[str, Part]

    @property
    def text(self) -> str:
        """The text as read, without a byte order mark."""
        return self.file.source.text


def read_own(
    path: Path, zone: ZoneInfo, wanted: Collection[str] | None = None, *, known: OwnFile | None = None
) -> OwnFile | None:
    """Return our file with the events of the ids `wanted` (None: all of ours), None when there is none.

    The file grows by an event a month for as long as the person lives: what is not asked for is not parsed,
    and what still reads as it did when it was `known` is not cut into its parts again.

    :raises ProviderError: permanent, it is there but cannot be read, or is a link that leads nowhere; it is
        left alone.
    """
    if not _stands(path):
        if path.is_symlink():
            raise ProviderError(
                f"{path.name}, which holds your blocks, is a link to {path.readlink()}, which is not there",
                fault=FaultClass.PERMANENT,
                where=str(path),
                fix=f"mount the disk it leads to, or: rm '{path}', then: magicloop run",
            )
        return None
    try:
        data = read_limited(path)
        fingerprint = sha256(data)
        if known is not None and known.fingerprint == fingerprint:
            file = known.file
        else:
            file = CalendarFile.read(scan(path, decode(path, data)), zone)
        blocks: dict[str, StandingBlock] = {}
        parts: dict[str, Part] = {}
        for uid in sorted(file.own):
            if wanted is not None and id_of(uid) not in wanted:
                continue
            for block, entry in zip(file.standing(id_of(uid), uid), _entries(file, uid), strict=True):
                standing = blocks.get(block.id)
                if standing is None or block.sequence >= standing.sequence:
                    blocks[block.id], parts[block.id] = block, entry
    except MagicloopError as fault:
        raise ProviderError(
            f"{path.name}, which holds your blocks, cannot be read: {fault.what}",
            fault=FaultClass.PERMANENT,
            where=fault.where or str(path),
            fix=cure_of_refusal(fault.__cause__, str(path))
            or f"mv '{path}' '{path}.broken', then: magicloop run",
        ) from fault
    return OwnFile(path, file, fingerprint, blocks, parts)


def _stands(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return True  # reading it will tell what is in the way


def rewrite(path: Path, zone: ZoneInfo, block_id: str, edit: Callable[[OwnFile | None], str | None]) -> None:
    """Read our file, let `edit` say what it should hold of one block (None: nothing changes), and write that.

    Somebody writing at the same time makes it start over from what they wrote.

    :raises ProviderError: permanent, it cannot be read or written; transient, it would not hold still.
    """
    for _attempt in range(_ATTEMPTS):
        own = read_own(path, zone, (block_id,))
        text = edit(own)
        if text is None:
            return
        try:
            replace_if(path, text.encode("utf-8"), own.fingerprint if own else None)
        except ConflictError:
            continue
        return
    raise ProviderError(
        f"{path.name} keeps being changed by another program; nothing was written",
        fault=FaultClass.TRANSIENT,
        where=str(path),
        fix="magicloop run",
    )


def with_block(own: OwnFile | None, event: BlockEvent, *, private: bool) -> str:
    """Return the file's text with `event` in it, in place of the event of that id if there is one."""
    if own is None:
        years = (event.span.start.year - _YEARS_BEFORE, event.span.end.year + _YEARS_AFTER)
        zone = render_timezone(event.zone, *years) if needs_timezone(event.zone) else ""
        return render_calendar(zone + render_event(event, private=private))
    text = own.text
    standing = own.parts.get(event.id)
    if standing is None:
        place = own.file.source.frames[0].end_line
        text = text[:place] + render_event(event, private=private) + text[place:]
    else:
        block = own.blocks[event.id]
        stamp = max(event.stamp, block.stamp) if block.stamp else event.stamp
        newer = replace(event, sequence=max(event.sequence, block.sequence + 1), stamp=stamp)
        rendered = _merged(own, standing, render_event(newer, private=private))
        text = text[: standing.start] + rendered.removesuffix("\r\n") + text[standing.end :]
    return _crlf(_with_timezone(own, text, event))


def without_block(own: OwnFile, block_id: str) -> str:
    """Return the file's text without the event of a block, every copy of it."""
    text = own.text
    for part in sorted(_entries(own.file, uid_of(block_id)), key=lambda part: part.start, reverse=True):
        rest = text[part.end :]
        text = text[: part.start] + re.sub(r"\A\r?\n", "", rest)
    return _crlf(text)


def _entries(file: CalendarFile, uid: str) -> list[Part]:
    series = file.series[uid]
    return [entry.part for entry in (*series.masters, *series.overrides)]


def _merged(own: OwnFile, part: Part, rendered: str) -> str:
    """Return our event as rendered, with what somebody else added to it (an alarm, a place) kept."""
    kept = []
    depth = 0
    for line in re.findall(r"[^\r\n][^\n]*(?:\n[ \t][^\n]*)*", own.file.source.raw(part)):
        name = re.split(r"[:;]", line, maxsplit=1)[0].strip().upper()
        depth += name == "BEGIN"
        if depth > 1 or (depth == 1 and name not in OWN_PROPERTIES | {"BEGIN", "END"}):
            kept.append(line.rstrip("\r\n") + "\r\n")
        depth -= name == "END"
    return rendered.replace("END:VEVENT\r\n", "".join(kept) + "END:VEVENT\r\n")


def _with_timezone(own: OwnFile, text: str, event: BlockEvent) -> str:
    """Return the text with a VTIMEZONE that covers the event; somebody else's is left alone."""
    if not needs_timezone(event.zone):
        return text
    source = own.file.source
    first, last = event.span.start.year, event.span.end.year
    for part in source.parts:
        if part.kind != "VTIMEZONE" or event.zone not in (
            it.value for it in source.lines(part) if it.name == "TZID"
        ):
            continue
        raw = source.raw(part)
        covered = _COVERED.search(raw)
        if covered is None or (int(covered[1]) < first and last < int(covered[2])):
            return text
        years = (min(first - _YEARS_BEFORE, int(covered[1])), max(last + _YEARS_AFTER, int(covered[2])))
        return text.replace(raw, render_timezone(event.zone, *years).removesuffix("\r\n"), 1)
    zone = render_timezone(event.zone, first - _YEARS_BEFORE, last + _YEARS_AFTER)
    place = min((part.start for part in source.parts), default=source.frames[0].end_line)
    return text[:place] + zone + text[place:]


def _crlf(text: str) -> str:
    return re.sub(r"\r?\n", "\r\n", text)
