"""Blocks and busy times as Google Calendar writes them: plain values in, plain values out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from automations.model.seen import Busy, BusyKind, SeenBlock, Span
from automations.model.text import plain
from automations.plan.zones import day_start, local, resolve_wall
from automations.providers.google.failures import StrangeAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from automations.ports import BlockEvent

MARK = "magicloop"
"""The private property that says which block an event is."""

FOCUS, DEFAULT = "focusTime", "default"
CANDIDATES = 3
"""How many ids a block may have: the next is taken where somebody else has the one before."""

FREEBUSY_RANGE = timedelta(days=28)
"""Google refuses long ranges without saying how long; a month is fine."""

FREEBUSY_CALENDARS = 50

_LEGAL_ID = re.compile(r"[a-v0-9]{5,1000}")
_KINDS = {"outOfOffice": BusyKind.OUT_OF_OFFICE, FOCUS: BusyKind.FOCUS}


def event_ids(block_id: str) -> tuple[str, ...]:
    """Return the ids a block may have on Google, the first choice first: a-v and digits only."""
    legal = block_id
    if not _LEGAL_ID.fullmatch(block_id):
        coded = base64.b32hexencode(block_id.encode()).decode("ascii").lower().rstrip("=")
        legal = f"{MARK}0{coded}"
    return (legal, *(f"{legal}{number}" for number in range(1, CANDIDATES)))


def write_event(event: BlockEvent, *, event_id: str, kind: str, private: bool) -> dict[str, Any]:
    """Return a new event's body. It has no guests, takes time, and declines nothing by itself."""
    body: dict[str, Any] = {
        "id": event_id,
        **write_change(event),
        "eventType": kind,
        "transparency": "opaque",
        "extendedProperties": {"private": {MARK: event.id}},
    }
    if private:
        body["visibility"] = "private"
    if kind == FOCUS:
        body["focusTimeProperties"] = {"autoDeclineMode": "declineNone"}
    return body


def write_change(event: BlockEvent, over: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a move changes: time and text. `over` is the event it goes over, None for a new one."""
    body: dict[str, Any] = {"summary": event.summary, "description": event.description}
    for edge, instant in (("start", event.span.start), ("end", event.span.end)):
        wall = local(instant, event.zone).isoformat(timespec="seconds")
        body[edge] = {"dateTime": wall, "timeZone": event.zone}
        if over is not None and "date" in (over.get(edge) or {}):
            body[edge]["date"] = None  # the person made it all-day: a patch keeps what it does not name
    return body


def is_ours(item: Mapping[str, Any], block_id: str) -> bool:
    """Tell whether an event that has one of a block's ids is that block; a deleted one may have lost its mark."""
    private = (item.get("extendedProperties") or {}).get("private") or {}
    return private.get(MARK) == block_id or (is_deleted(item) and MARK not in private)


def is_deleted(item: Mapping[str, Any]) -> bool:
    """Tell whether an event was deleted: its id stays taken."""
    return item.get("status") == "cancelled"


def read_block(item: Mapping[str, Any], block_id: str, zone: str) -> SeenBlock:
    """Return our event as it stands; one that was deleted keeps no time worth telling.

    :raises StrangeAnswerError: it has no time or no version.
    """
    cancelled = is_deleted(item)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    span = Span(epoch, epoch) if cancelled and "start" not in item else read_span(item, zone)
    if not isinstance(item.get("etag"), str):
        raise StrangeAnswerError("an event without a version")
    return SeenBlock(block_id, span, meaning(item, span), cancelled)


def meaning(item: Mapping[str, Any], span: Span) -> str:
    """Return what changes when the person changes what a block says: its time, words, place or guests.

    Not Google's own version, which a changed reminder or colour changes, too.
    """
    guests = sorted(str(one.get("email", "")) for one in item.get("attendees") or ())
    words = [str(item.get(name) or "") for name in ("summary", "description", "location")]
    parts = [span.start.isoformat(), span.end.isoformat(), *words, *guests]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def says(item: Mapping[str, Any], event: BlockEvent, zone: str) -> bool:
    """Tell whether an event stands as `event` would have it."""
    texts = (item.get("summary") or "", item.get("description") or "")
    return read_span(item, zone) == event.span and texts == (event.summary, event.description)


def read_span(item: Mapping[str, Any], zone: str) -> Span:
    """Return when an event is; a day of an all-day one begins and ends in `zone`.

    :raises StrangeAnswerError: it has no time, or one that is none.
    """
    try:
        return Span(_read_time(item["start"], zone), _read_time(item["end"], zone))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise StrangeAnswerError("an event without a time") from None


def _read_time(edge: Mapping[str, Any], zone: str) -> datetime:
    if edge.get("dateTime"):
        instant = datetime.fromisoformat(edge["dateTime"])
        if instant.tzinfo is None:
            return resolve_wall(instant.date(), instant.time(), edge.get("timeZone") or zone)[0]
        return instant.astimezone(UTC)
    return day_start(date.fromisoformat(edge["date"]), zone)


def read_busy(items: Sequence[Mapping[str, Any]], *, zone: str, calendar: str) -> Iterator[Busy]:
    """Yield what takes time. Declined, free and deleted events do not, and where one works never does.

    :raises StrangeAnswerError: an event has no time.
    """
    for item in items:
        if not _takes_time(item):
            continue
        span = read_span(item, zone)
        if span.start < span.end:
            yield Busy(span, plain(str(item.get("summary") or "")), _kind(item), calendar)


def _takes_time(item: Mapping[str, Any]) -> bool:
    free = item.get("status") == "cancelled" or item.get("transparency") == "transparent"
    return not free and item.get("eventType") != "workingLocation" and _answer(item) != "declined"


def _answer(item: Mapping[str, Any]) -> str:
    """Return what the person answered to an invitation, "" where there was none."""
    return next(
        (str(one.get("responseStatus", "")) for one in item.get("attendees") or () if one.get("self")), ""
    )


def _kind(item: Mapping[str, Any]) -> BusyKind:
    if item.get("eventType") in _KINDS:
        return _KINDS[item["eventType"]]
    if "tentative" in (item.get("status"), _answer(item)):
        return BusyKind.TENTATIVE
    return BusyKind.ALL_DAY if "date" in item["start"] else BusyKind.BUSY


# --- free/busy ----------------------------------------------------------------------------------------


def freebusy_queries(span: Span, calendars: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the queries that cover `span` for all `calendars`, each within what Google takes."""
    for first in range(0, len(calendars), FREEBUSY_CALENDARS):
        items = [{"id": name} for name in calendars[first : first + FREEBUSY_CALENDARS]]
        start = span.start
        while start < span.end:
            end = min(start + FREEBUSY_RANGE, span.end)
            yield {"timeMin": start.isoformat(), "timeMax": end.isoformat(), "items": items}
            start = end


def read_freebusy(reply: Mapping[str, Any], calendars: Sequence[str]) -> tuple[list[Busy], dict[str, str]]:
    """Return the busy times, and why a calendar could not tell; one that is missing could not.

    :raises StrangeAnswerError: a busy time is none.
    """
    busy: list[Busy] = []
    unknown: dict[str, str] = {}
    answered = reply.get("calendars") or {}
    for name in calendars:
        entry = answered.get(name)
        errors = entry.get("errors") if isinstance(entry, dict) else [{"reason": "notAnswered"}]
        if errors or not isinstance(entry, dict):
            unknown[name] = str((errors or [{}])[0].get("reason", "unknown"))
            continue
        for one in entry.get("busy") or ():
            edges = {edge: {"dateTime": one.get(edge)} for edge in ("start", "end")}
            span = read_span(edges, "UTC")
            if span.start < span.end:
                busy.append(Busy(span, "", BusyKind.BUSY, name))
    return busy, unknown
