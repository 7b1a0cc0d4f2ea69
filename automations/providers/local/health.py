"""What `doctor` finds in the calendar files: each that is read, and the one that holds the blocks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automations.model.health import Row, State
from automations.model.seen import Span
from automations.providers.local.busy import BusyFiles
from automations.providers.local.own import read_own

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from automations.model.policy import Policy

_STALE_DAYS = 30


def calendar_rows(policy: Policy, now: datetime, ahead: timedelta) -> Iterator[Row]:
    """Read every busy calendar as a run would, up to `ahead` from now, and the file of the own blocks."""
    for path in policy.calendar.busy:
        yield from _busy_rows(path, policy, Span(now, now + ahead))
    if not policy.calendar.busy:
        what = "no calendar is read, so blocks are booked without regard to your meetings"
        yield Row("calendar", State.WARNING, what, "magicloop config edit")
    yield _blocks_row(policy)


def _busy_rows(path: str, policy: Policy, span: Span) -> Iterator[Row]:
    found = BusyFiles((path,), policy.me.zone, policy.me.email).fetch(span, ())
    for each in found.unreadable:
        yield Row("calendar", State.ERROR, f"{each.what} ({each.where})", each.fix)
    if found.unreadable:
        return
    days = (span.end - span.start).days
    what = f"{path}: {len(found.busy)} busy times in the next {days} days"
    old = (span.start.timestamp() - _newest(Path(path))) // 86_400
    if old > _STALE_DAYS:
        again = f"export it again if it should have: ls -l '{path}'"
        yield Row("calendar", State.INFO, f"{what}; it has not changed for {old:.0f} days", again)
    else:
        yield Row("calendar", State.OK, what)


def _newest(path: Path) -> float:
    """Return when a calendar's file, or the newest in its folder, was last changed: seconds of the epoch."""
    files = [each for each in path.rglob("*.ics") if each.is_file()] if path.is_dir() else [path]
    return max((each.stat().st_mtime for each in files), default=0.0)


def _blocks_row(policy: Policy) -> Row:
    path = Path(policy.calendar.file)
    own = read_own(path, ZoneInfo(policy.me.zone))
    if own is None:
        return Row("blocks", State.INFO, f"{path} is made with the first block", "magicloop run")
    return Row("blocks", State.OK, f"{path}: {len(own.blocks)} blocks")
