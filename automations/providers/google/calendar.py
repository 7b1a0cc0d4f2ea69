"""The person's Google Calendar, as `ports.Calendar`.

Blocks are events of the primary calendar with an id of ours, so that a second try finds the first.
A deleted event keeps its id: it says that the person took the block away, and is not made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import Busy, BusyReport, OwnBlocks, SeenBlock, Span, Unreadable
from automations.ports import CalendarCapabilities
from automations.providers.google import wire_calendar as wire
from automations.providers.google.client import Caller
from automations.providers.google.failures import GoogleError, StrangeAnswerError
from automations.providers.google.unreadable import WHERE, unreadable_by, untold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from automations.clock import Clock
    from automations.ports import BlockEvent
    from automations.providers.google.notes import Notes

PRIMARY = "primary"
PAGE = 2500
VERSIONS = 3
"""How many versions of an event a write is tried on."""

_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _GONE, _CHANGED = 400, 403, 404, 409, 410, 412


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person wants of the calendar.

    `calendars` are ids whose meetings are kept clear, "primary" the person's own; `event_type` is auto,
    focus or default; `zone` holds where Google names none.
    """

    person: str
    zone: str
    calendars: tuple[str, ...] = (PRIMARY,)
    event_type: str = "auto"
    private: bool = False


class GoogleCalendar:
    """Implements `ports.Calendar` on Google Calendar.

    `connect` makes the client when it is first needed. `check_account` is told the primary calendar's name
    (the account's address, unless it was renamed) and raises a `ProviderError` for somebody else's. The
    answers of one listing serve busy times and the blocks among them, so that a run in which nothing
    happens asks once.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        wishes: Wishes,
        notes: Notes,
        clock: Clock,
        check_account: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._connect = connect
        self._check_account = check_account
        self._wishes = wishes
        self._notes = notes
        self._caller = Caller(WHERE, clock, wishes.person, stopped_until=notes.stopped_until)
        self._made: Any = None
        self._listed: dict[str, dict[str, Any]] = {}
        self._failed: ProviderError | None = None
        self._zone = wishes.zone

    @property
    def capabilities(self) -> CalendarCapabilities:
        """What this provider can do."""
        return CalendarCapabilities(client_ids=True, focus_time=True, conditional_writes=True)

    def watched(self) -> None:
        """Return None: only asking tells."""

    def close(self) -> None:
        """Let go of the connections."""
        if self._made is not None:
            self._made.close()
            self._made = None

    # --- reading ----------------------------------------------------------------------------------

    def fetch_busy(self, span: Span, *, own: Sequence[str]) -> BusyReport:
        """Return what takes time within `span`; see `ports.Calendar`.

        The person's own calendars are listed, those of others asked for free and busy. One that cannot tell is unreadable.
        """
        named = dict.fromkeys(self._wishes.calendars)
        primaries = [name for name in named if name.lower() in (PRIMARY, self._wishes.person)]
        others = [name for name in named if name not in primaries]
        busy: list[Busy] = []
        unreadable: list[Unreadable] = []
        if primaries:
            self._read_primary(span, own, busy, unreadable)
        foreign = [name for name in others if not self._read_own(span, name, busy, unreadable)]
        if foreign:
            self._read_others(span, foreign, busy, unreadable)
        within = sorted((one for one in busy if one.span.overlaps(span)), key=lambda one: one.span)
        return BusyReport(tuple(within), tuple(unreadable))

    def _read_primary(
        self, span: Span, own: Sequence[str], busy: list[Busy], unreadable: list[Unreadable]
    ) -> None:
        self._listed, self._failed = {}, None
        try:
            items = list(self._list(span))
            ours = {event_id: block_id for block_id in own for event_id in wire.event_ids(block_id)}
            owned = {item["id"]: item for item in items if _is_one_of(item, ours)}
            others = [item for item in items if item.get("id") not in owned]
            busy.extend(wire.read_busy(others, zone=self._zone, calendar=PRIMARY))
            self._listed = {ours[event_id]: item for event_id, item in owned.items()}
        except ProviderError as error:
            self._failed = error
        except StrangeAnswerError:
            self._failed = _strange(FaultClass.TRANSIENT)
        if self._failed is not None:
            unreadable.append(unreadable_by(PRIMARY, self._failed))

    def _read_own(self, span: Span, name: str, busy: list[Busy], unreadable: list[Unreadable]) -> bool:
        """List a calendar beside the primary one; tell whether it is the person's own.

        The scope allows owned calendars alone, so a refusal tells: it is remembered.
        """
        if name in self._notes.foreign:
            return False
        try:
            items = list(self._list(span, name))
            busy.extend(wire.read_busy(items, zone=self._zone, calendar=name))
        except ProviderError as error:
            status = getattr(error, "status", 0)
            if status in (_FORBIDDEN, _NOT_FOUND) and error.fault is not FaultClass.TRANSIENT:
                self._notes.note_foreign(name)
                return False
            unreadable.append(unreadable_by(name, error))
        except StrangeAnswerError:
            unreadable.append(unreadable_by(name, _strange(FaultClass.TRANSIENT)))
        return True

    def _read_others(
        self, span: Span, names: list[str], busy: list[Busy], unreadable: list[Unreadable]
    ) -> None:
        unknown: dict[str, str] = {}
        try:
            for body in wire.freebusy_queries(span, names):
                asked = [item["id"] for item in body["items"]]
                reply = self._caller.read(self._service().freebusy().query(body=body))
                found, failed = wire.read_freebusy(reply, asked)
                busy.extend(found)
                unknown |= failed
        except ProviderError as error:
            unreadable.extend(unreadable_by(name, error) for name in names)
            return
        except StrangeAnswerError:
            unreadable.extend(unreadable_by(name, _strange(FaultClass.TRANSIENT)) for name in names)
            return
        unreadable.extend(untold(name, reason) for name, reason in unknown.items())

    def _list(self, span: Span, calendar: str = PRIMARY) -> Iterator[dict[str, Any]]:
        """Yield every event that overlaps `span`, page by page; a page may be short or empty."""
        token, seen = "", set[str]()
        while True:
            more: dict[str, str] = {"pageToken": token} if token else {}
            reply = self._read(
                self._service()
                .events()
                .list(
                    calendarId=calendar,
                    timeMin=span.start.isoformat(),
                    timeMax=span.end.isoformat(),
                    singleEvents=True,
                    maxResults=PAGE,
                    **more,
                )
            )
            if calendar == PRIMARY:
                self._zone = str(reply.get("timeZone") or self._zone)
                self._check_account(str(reply.get("summary") or ""))
            yield from reply.get("items") or ()
            token = str(reply.get("nextPageToken") or "")
            if not token:
                return
            if token in seen:
                raise StrangeAnswerError("pages that lead in a circle")
            seen.add(token)

    def fetch_blocks(self, ids: Sequence[str]) -> OwnBlocks:
        """Return those of our events that are there and not deleted.

        What a listing just brought is not asked for again, and where it just failed nothing more is asked;
        both hold once.

        :raises ProviderError: they cannot be read.
        """
        listed, failed = self._listed, self._failed
        self._listed, self._failed = {}, None
        if failed is not None and ids:
            raise failed
        found = {}
        for block_id in dict.fromkeys(ids):
            item = listed.get(block_id) or self._find(block_id)
            if item is not None and not wire.is_deleted(item):
                found[block_id] = self._seen(item, block_id)
        return OwnBlocks(found)

    def _find(self, block_id: str) -> dict[str, Any] | None:
        """Return our event, a deleted one only where none stands; None when there never was one."""
        self._check_account("")
        deleted = None
        for event_id in wire.event_ids(block_id):
            try:
                item = self._get(event_id)
            except GoogleError as error:
                if error.status in (_NOT_FOUND, _GONE):
                    break
                raise
            if wire.is_ours(item, block_id):
                if not wire.is_deleted(item):
                    return item
                deleted = deleted or item
        return deleted

    def _get(self, event_id: str) -> dict[str, Any]:
        return self._read(self._service().events().get(calendarId=PRIMARY, eventId=event_id))

    def _seen(
        self, item: dict[str, Any], block_id: str, fault: FaultClass = FaultClass.TRANSIENT
    ) -> SeenBlock:
        try:
            return wire.read_block(item, block_id, self._zone)
        except StrangeAnswerError:
            raise _strange(fault) from None

    # --- writing ----------------------------------------------------------------------------------

    def book(self, event: BlockEvent) -> SeenBlock:
        """Put an event there. What stands under its id is returned as it is, also one the person deleted.

        An id that somebody else has is passed over for the next; so is a deleted one for what comes `again`.

        :raises ProviderError: permanent, nothing was written; ambiguous, it may have been.
        """
        self._listed = {}
        self._check_account("")
        for event_id in wire.event_ids(event.id):
            item = self._insert(event, event_id) or self._get(event_id)
            if wire.is_ours(item, event.id) and not (event.again and wire.is_deleted(item)):
                standing = self._find(event.id) if wire.is_deleted(item) else None
                return self._seen(standing or item, event.id, FaultClass.AMBIGUOUS)
        raise GoogleError(
            "every id this block could have is taken by other events",
            fault=FaultClass.PERMANENT,
            where=WHERE,
            fix="delete the other events for good (empty the calendar's bin), then: magicloop run",
        )

    def _insert(self, event: BlockEvent, event_id: str) -> dict[str, Any] | None:
        """Return the new event; None when its id is taken. Without focus time it is a plain event."""
        wanted = self._wishes.event_type
        if wanted == "default" or (wanted == "auto" and self._notes.no_focus_time):
            return self._insert_as(event, event_id, wire.DEFAULT)
        try:
            item = self._insert_as(event, event_id, wire.FOCUS)
        except GoogleError as error:
            if wanted == "focus" or not _may_be_the_kind(error):
                raise
            item = self._insert_as(event, event_id, wire.DEFAULT)
            if item is not None:
                self._notes.note_no_focus_time()
            return item
        if item is not None and item.get("eventType", wire.DEFAULT) != wire.FOCUS:
            self._notes.note_no_focus_time()
        return item

    def _insert_as(self, event: BlockEvent, event_id: str, kind: str) -> dict[str, Any] | None:
        body = wire.write_event(event, event_id=event_id, kind=kind, private=self._wishes.private)
        request = self._service().events().insert(calendarId=PRIMARY, sendUpdates="none", body=body)
        try:
            # Sent twice it is refused the second time: the id is ours.
            return self._change(request, again=True)
        except GoogleError as error:
            if error.status == _CONFLICT and error.fault is FaultClass.PERMANENT:
                return None
            raise

    def move(self, event: BlockEvent, *, revision: str) -> SeenBlock:
        """Change our event's time and text if it still has `revision`.

        :raises ConflictError: somebody changed or deleted it; nothing was written.
        :raises ProviderError: permanent, nothing was written; ambiguous, it may have been.
        """

        def request(events: Any, item: dict[str, Any]) -> Any:
            body = wire.write_change(event, item)
            return events.patch(calendarId=PRIMARY, eventId=item["id"], sendUpdates="none", body=body)

        def already(item: dict[str, Any]) -> bool:
            return wire.says(item, event, self._zone)

        item = self._write(event.id, revision, request, already)
        if item is None:
            raise ConflictError(f"block {event.id} is no longer on the calendar")
        return self._seen(item, event.id, FaultClass.AMBIGUOUS)

    def cancel(self, block_id: str, *, revision: str) -> None:
        """Take our event off the calendar if it still has `revision`. Gone already is fine.

        :raises ConflictError: somebody changed it; nothing was written.
        :raises ProviderError: permanent, nothing was written; ambiguous, it may have been.
        """

        def request(events: Any, item: dict[str, Any]) -> Any:
            return events.delete(calendarId=PRIMARY, eventId=item["id"], sendUpdates="none")

        self._write(block_id, revision, request)

    def _write(
        self,
        block_id: str,
        revision: str,
        request_of: Callable[[Any, dict[str, Any]], Any],
        already: Callable[[dict[str, Any]], bool] = lambda _: False,
    ) -> dict[str, Any] | None:
        """Make a conditional write and return what stands then; None when the event is gone.

        Google's version changes more often than what the person sees: where only it did, the write is
        made again on the new one. A first try that went through without an answer is recognised.
        """
        self._listed = {}
        for tried in range(VERSIONS):
            item = self._find(block_id)
            if item is None or wire.is_deleted(item):
                return None
            if tried and already(item):
                return item
            if self._seen(item, block_id).revision != revision:
                break
            request = request_of(self._service().events(), item)
            request.headers["If-Match"] = item["etag"]
            try:
                return self._change(request, again=True, empty=True)
            except GoogleError as error:
                if error.status not in (_CHANGED, _NOT_FOUND, _GONE):
                    raise
        raise ConflictError(f"block {block_id} was changed by somebody else; nothing was written")

    # --- calls ------------------------------------------------------------------------------------

    def _service(self) -> Any:
        if self._made is None:
            self._made = self._connect()
        return self._made

    def _read(self, request: Any) -> dict[str, Any]:
        try:
            return self._caller.read(request)
        finally:
            self._notes.note_stopped(self._caller.stopped_until)

    def _change(self, request: Any, *, again: bool, empty: bool = False) -> dict[str, Any]:
        try:
            return self._caller.change(request, again=again, empty=empty)
        finally:
            self._notes.note_stopped(self._caller.stopped_until)


def _is_one_of(item: dict[str, Any], ours: dict[str, str]) -> bool:
    block_id = ours.get(str(item.get("id")))
    return block_id is not None and wire.is_ours(item, block_id)


def _may_be_the_kind(error: GoogleError) -> bool:
    """Tell whether a refusal may be of focus time: Google does not say what an account without it gets."""
    return error.fault is FaultClass.PERMANENT and error.status in (_BAD_REQUEST, _FORBIDDEN)


def _strange(fault: FaultClass) -> GoogleError:
    return GoogleError("what came back is not an answer of Google's", fault=fault, where=WHERE)
