"""Calendar v3: events and free/busy, with the traps a careless client falls into."""

import functools
import itertools
import re
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from google_emulator.discovery import ApiError

ME = "ann@corp.test"
SPECIAL = ("focusTime", "outOfOffice", "workingLocation")
LONGEST_FREEBUSY = timedelta(days=62)
"""An assumption: Google does not say how long is too long."""


class CalendarApi:
    """The calendars of one account; `primary` and the account's address name the same one.

    `focus_time` tells whether the account has it: True, False (an assumption: 400), or "silent" (it
    becomes a default event, as seen in 2023). `page` is the most a page of a listing holds;
    `empty_pages` puts an empty one before each.
    """

    def __init__(self, *, name=ME, zone="Europe/Berlin", focus_time=True, page=250, empty_pages=False):
        self.name, self.zone = name, zone
        self.focus_time = focus_time
        self.page = page
        self.empty_pages = empty_pages
        self.calendars = {ME: {}}
        self.unowned = {}
        self.denied = {}
        self._numbers = itertools.count(1)
        self.handlers = {
            "calendar.events.insert": self._insert,
            "calendar.events.get": self._get,
            "calendar.events.list": self._list,
            "calendar.events.patch": self._patch,
            "calendar.events.update": self._update,
            "calendar.events.delete": self._delete,
            "calendar.freebusy.query": self._freebusy,
            "calendar.calendars.get": self._calendar,
        }

    # --- the person's hand -------------------------------------------------------------------------

    @property
    def live(self):
        """Every event of the primary calendar that is not deleted."""
        return [event for event in self.calendars[ME].values() if event["status"] != "cancelled"]

    def meet(self, start, end, title="Weekly sync", *, calendar=ME, **fields):
        """Put an event there as somebody else would; dates make it all-day."""
        number = next(self._numbers)
        event = {
            "summary": title,
            "start": _time(start),
            "end": _time(end),
            **fields,
            "id": fields.get("id", f"meeting{number:05d}"),
        }
        self._store(self.calendars.setdefault(calendar, {}), event)
        return event["id"]

    def change(self, event_id, **fields):
        """Change an event of the primary calendar in the web interface."""
        self._store(self.calendars[ME], {**self.calendars[ME][event_id], **fields})

    def move(self, event_id, start, end):
        """Drag an event elsewhere, or to another length."""
        self.change(event_id, start=_time(start), end=_time(end))

    def delete(self, event_id):
        """Delete an event; its id stays taken."""
        self.change(event_id, status="cancelled")

    def lend(self, calendar, status=404, reason="notFound"):
        """Make a calendar somebody else's, of whom the person sees only free and busy.

        An assumption: whether the scope for owned calendars answers 404 or 403 for it is not settled.
        """
        self.calendars.setdefault(calendar, {})
        self.unowned[calendar] = (status, reason)

    def deny(self, status=403, reason="forbidden", *, calendar=ME):
        """Let every call that names `calendar` fail, as for one that was never shared."""
        self.denied[calendar] = (status, reason)

    # --- methods -----------------------------------------------------------------------------------

    def _events(self, call):
        name = ME if call.path["calendarId"] == "primary" else call.path["calendarId"]
        if name in self.denied:
            status, reason = self.denied[name]
            raise ApiError(status, reason, f"Denied: {reason}")
        if name in self.unowned:
            raise ApiError(*self.unowned[name], "The scope is for owned calendars alone")
        if name not in self.calendars:
            raise ApiError(404, "notFound", "Not Found")
        return self.calendars[name]

    def _event(self, call):
        event = self._events(call).get(call.path["eventId"])
        if event is None:
            raise ApiError(404, "notFound", "Not Found")
        return event

    def _insert(self, call):
        events, event = self._events(call), deepcopy(call.body)
        if "id" not in event:
            event["id"] = f"made{next(self._numbers):05d}"
        if not re.fullmatch("[a-v0-9]{5,1024}", event["id"]) or "iCalUID" in event:
            raise ApiError(400, "invalid", "Invalid resource id value.")
        if event["id"] in events:  # an assumption for deleted ones: reported by several
            raise ApiError(409, "duplicate", "The requested identifier already exists.")
        self._check(event)
        self._check_type(event, call)
        return deepcopy(self._store(events, event))

    def _check_type(self, event, call):
        kind = event.get("eventType", "default")
        if kind != "focusTime" and "focusTimeProperties" in event:
            raise ApiError(400, "malformedFocusTimeEvent", "Not a focus time event.", domain="calendar")
        if kind in SPECIAL:
            if self.focus_time is False:
                raise ApiError(400, "eventTypeRestriction", "Not for this account.", domain="calendar")
            primary = call.path["calendarId"] in ("primary", ME)
            timed = "dateTime" in event["start"]
            opaque = event.get("transparency", "opaque") == "opaque"
            if not primary or not timed or not opaque or "focusTimeProperties" not in event:
                raise ApiError(400, "malformedFocusTimeEvent", "Malformed.", domain="calendar")
            if self.focus_time == "silent":
                del event["focusTimeProperties"]
                event["eventType"] = "default"

    def _check(self, event):
        for edge in ("start", "end"):
            if not {"date", "dateTime"} & set(event.get(edge) or {}):
                raise ApiError(400, "required", f"Missing {edge} time.")
        if self._instant(event["start"]) > self._instant(event["end"]):
            raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar")
        properties = event.get("extendedProperties", {}).get("private", {})
        kept = {name: value[:1024] for name, value in properties.items() if len(name) <= 44}
        if properties:
            event["extendedProperties"]["private"] = kept

    def _store(self, events, event):
        number = next(self._numbers)
        event = {key: value for key, value in event.items() if value is not None}
        event = {
            "kind": "calendar#event",
            "status": "confirmed",
            "eventType": "default",
            **event,
            "etag": f'"{3397000000000000 + number}"',
            "iCalUID": f"{event['id']}@google.com",
            "sequence": event.get("sequence", 0),
        }
        for name, usual in (("transparency", "opaque"), ("visibility", "default")):
            if event.get(name) == usual:
                del event[name]
        events[event["id"]] = event
        return event

    def _get(self, call):
        return deepcopy(self._event(call))

    def _expect(self, call, event):
        wanted = call.headers.get("if-match")
        if wanted not in (None, "*", event["etag"]):
            raise ApiError(412, "conditionNotMet", "Precondition Failed")

    def _patch(self, call):
        event = self._event(call)
        self._expect(call, event)
        if "eventType" in call.body or call.body.get("sequence", event["sequence"]) < event["sequence"]:
            raise ApiError(400, "invalid", "Invalid value")
        merged = _merged(event, call.body)
        self._check(merged)
        return deepcopy(self._store(self._events(call), merged))

    def _update(self, call):
        event = self._event(call)
        self._expect(call, event)
        whole = {"eventType": event["eventType"], **deepcopy(call.body), "id": event["id"]}
        self._check(whole)
        return deepcopy(self._store(self._events(call), whole))

    def _delete(self, call):
        event = self._event(call)
        if event["status"] == "cancelled":
            raise ApiError(410, "deleted", "Resource has been deleted")
        self._expect(call, event)
        self._store(self._events(call), {**event, "status": "cancelled"})

    def _list(self, call):
        events = list(self._events(call).values())
        if call.one("orderBy") == "startTime" and not call.flag("singleEvents"):
            raise ApiError(400, "badRequest", "The requested ordering is not available.")
        low, high = (_instant_of(call.one(name)) for name in ("timeMin", "timeMax"))
        if low and high and low >= high:
            raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar")
        wanted = [pair.partition("=")[::2] for pair in call.query.get("privateExtendedProperty", [])]
        kinds = call.query.get("eventTypes")
        found = [
            event
            for event in sorted(events, key=lambda event: self._instant(event["start"]))
            if (call.flag("showDeleted") or event["status"] != "cancelled")
            and (low is None or self._instant(event["end"]) > low)
            and (high is None or self._instant(event["start"]) < high)
            and (kinds is None or event["eventType"] in kinds)
            and all(_private(event).get(name) == value for name, value in wanted)
        ]
        return self._page(call, found)

    def _page(self, call, found):
        first, _, empty = call.one("pageToken", "0").partition("-")
        first, size = int(first), min(self.page, int(call.one("maxResults", 250)), 2500)
        reply = {
            "kind": "calendar#events",
            "summary": self.name,
            "timeZone": self.zone,
            "accessRole": "owner",
            "items": [],
        }
        if self.empty_pages and not empty:
            return {**reply, "nextPageToken": f"{first}-e"}
        reply["items"] = deepcopy(found[first : first + size])
        if first + size < len(found):
            return {**reply, "nextPageToken": str(first + size)}
        return {**reply, "nextSyncToken": "later"}

    def _freebusy(self, call):
        low, high = (_instant_of(call.body.get(name)) for name in ("timeMin", "timeMax"))
        if low is None or high is None:
            raise ApiError(400, "required", "Missing timeMin parameter.")
        if high <= low:
            raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.")
        if high - low > LONGEST_FREEBUSY:
            raise ApiError(400, "timeRangeTooLong", "The requested time range is too long.")
        return {
            "kind": "calendar#freeBusy",
            "timeMin": call.body["timeMin"],
            "timeMax": call.body["timeMax"],
            "calendars": {item["id"]: self._free(item["id"], low, high) for item in call.body["items"]},
        }

    def _free(self, name, low, high):
        calendar = ME if name == "primary" else name
        if calendar in self.denied or calendar not in self.calendars:
            return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
        merged = []
        spans = (self._busy_span(event) for event in self.calendars[calendar].values() if _takes_time(event))
        for start, end in sorted(spans):
            if end <= low or start >= high:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        cut = [(max(start, low), min(end, high)) for start, end in merged]
        return {"busy": [{"start": _text(start), "end": _text(end)} for start, end in cut]}

    def _calendar(self, call):
        self._events(call)
        name = ME if call.path["calendarId"] == "primary" else call.path["calendarId"]
        return {"kind": "calendar#calendar", "id": name, "summary": name, "timeZone": self.zone}

    def _busy_span(self, event):
        return self._instant(event["start"]), self._instant(event["end"])

    def _instant(self, edge):
        if "date" in edge:
            return datetime.combine(
                date.fromisoformat(edge["date"]), datetime.min.time(), ZoneInfo(self.zone)
            ).astimezone(UTC)
        return _instant_of(edge["dateTime"], edge.get("timeZone"))


@functools.lru_cache(maxsize=65536)  # a long listing is sorted anew for each of its pages
def _instant_of(text, zone=None):
    """Read an RFC 3339 instant; the offset is mandatory unless a zone stands beside it."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=ZoneInfo(zone))
    except (TypeError, ValueError):
        raise ApiError(400, "badRequest", "Bad Request") from None
    return instant.astimezone(UTC)


def _time(when):
    return {"dateTime": _text(when)} if isinstance(when, datetime) else {"date": when.isoformat()}


def _text(instant):
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _private(event):
    return event.get("extendedProperties", {}).get("private", {})


def _takes_time(event):
    declined = any(
        one.get("self") and one.get("responseStatus") == "declined" for one in event.get("attendees", ())
    )
    return event["status"] != "cancelled" and event.get("transparency") != "transparent" and not declined


def _merged(old, new):
    """Merge as patch does: objects deeply, arrays as a whole, null takes away."""
    merged = dict(old)
    for name, value in new.items():
        if name in ("start", "end"):
            merged[name] = {key: one for key, one in value.items() if one is not None}
        elif isinstance(value, dict) and isinstance(old.get(name), dict):
            merged[name] = _merged(old[name], value)
        else:
            merged[name] = value
    return merged
