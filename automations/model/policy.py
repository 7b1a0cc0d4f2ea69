"""What the person wants, as frozen values: the config after it was checked.

Lengths are minutes, dates are local to the person's zone, zones are IANA names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum

Weekday = int
"""0 is Monday, 6 is Sunday, as in `date.weekday()`."""


@dataclass(frozen=True, slots=True)
class WeekWindow:
    """A stretch of wall time on one weekday, e.g. Tuesday 09:00-12:00. `end` may be 00:00: midnight."""

    weekday: Weekday
    start: time
    end: time


class OnConflict(StrEnum):
    """What to do when a meeting lands on a booked block."""

    MOVE = "move"
    KEEP = "keep"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Me:
    """The person whose loop it is."""

    name: str
    email: str
    zone: str


@dataclass(frozen=True, slots=True)
class Boss:
    """A person the loop is run with. `id` is the lower-case mail address: a new address is a new boss."""

    name: str
    email: str
    every_months: int = 1
    stage: str = "auto"
    offers: tuple[str, ...] = ()
    capacity: int = 3

    @property
    def id(self) -> str:
        """The boss's lasting name in keys and tables."""
        return self.email.lower()


@dataclass(frozen=True, slots=True)
class Goal:
    """What the person wants: a skill, scope, role, project or pay."""

    text: str
    kind: str = "skill"


@dataclass(frozen=True, slots=True)
class InventionPolicy:
    """The rules for invention blocks."""

    minutes: int = 120
    floor_minutes: int = 90
    months_ahead: int = 1
    working_hours: tuple[WeekWindow, ...] = ()
    prefer: tuple[WeekWindow, ...] = ()
    buffer_minutes: int = 15
    notice_days: int = 2
    on_conflict: OnConflict = OnConflict.MOVE
    max_moves: int = 2
    country: str = ""
    region: str = ""
    problems: tuple[str, ...] = ()
    combine: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OffersPolicy:
    """The rules for offers, and the facts an offer may state."""

    due_day: int = 1
    ideas: tuple[str, ...] = ()
    on_track: str = ""
    hours: int = 0
    follow_up_days: int = 5


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often an incident of one severity is told of, in minutes; 0 means no fixed time.

    `first` is how long the first notice may take, 0 when there is none and the closing note tells it all.
    From `long_after` on, updates are `long` apart, but never closer than before. With `working` all times
    lie in working hours: less than a day is counted in working time, a number of days ends on the
    morning of a working day.
    """

    active: int
    monitoring: int
    first: int = 30
    long_after: int = 0
    long: int = 0
    working: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets an incident's mails: `kind` is exec or tactical, `to` are addresses."""

    kind: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentsPolicy:
    """Cadence per severity 1..4, and the audiences of an incident that names none.

    No update of severity 3 or 4 is promised for the wall times of `quiet` (from, to), None for none.
    """

    cadence: dict[int, Cadence] = field(
        default_factory=lambda: {
            1: Cadence(30, 60, first=15, long_after=120, long=60),
            2: Cadence(60, 120, first=30, long_after=240, long=120),
            3: Cadence(240, 1440, first=120, long_after=1440, long=1440, working=True),
            4: Cadence(0, 0, first=0, long_after=0, long=10_080, working=True),
        }
    )
    quiet: tuple[time, time] | None = (time(22), time(7))
    audiences: tuple[Audience, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """Which calendar provider; for the local one its files, for Google its calendars. Paths are absolute."""

    provider: str = "local"
    busy: tuple[str, ...] = ()
    file: str = ""
    visibility: str = "default"
    calendars: tuple[str, ...] = ("primary",)
    event_type: str = "auto"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Which mail provider, for the local one its folder, and whether approved mails are sent from here.

    `mode` is `draft-only` (the person sends every mail) or `approve` (an approved mail is sent,
    `undo_seconds` after its approval at the earliest, so many in one run as `mails_per_run` allows).
    `open_with` names what a draft is opened with; auto chooses by the platform.
    """

    provider: str = "local"
    folder: str = ""
    mode: str = "draft-only"
    undo_seconds: int = 30
    mails_per_run: int = 5
    open_with: str = "auto"


@dataclass(frozen=True, slots=True)
class GoogleSettings:
    """The Google account. Paths are absolute or ""; `api_endpoint` is "" for Google itself.

    `known_drafts`, `notes` and `mail_notes` are files the providers keep in which what they learnt saves calls; they may be
    deleted at any time.
    """

    client_file: str = ""
    token_file: str = ""
    service_account: str = ""
    api_endpoint: str = ""
    known_drafts: str = ""
    notes: str = ""
    mail_notes: str = ""


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret is kept, never the secret: an environment variable, a file or a command that prints it.

    At most one of the three is set; `file` is an absolute path.
    """

    env: str = ""
    file: str = ""
    command: str = ""

    def __bool__(self) -> bool:
        """Tell whether a place is named."""
        return bool(self.env or self.file or self.command)


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server that approved mails are handed to; without a `host` there is none.

    `security` is starttls, tls, or none (this machine only); `timeout` is the seconds one step may take, a
    whole mail three times that at most;
    `ca_file` is "" for the authorities this machine trusts.
    """

    host: str = ""
    port: int = 587
    user: str = ""
    password: SecretPlace = field(default_factory=SecretPlace)
    security: str = "starttls"
    timeout: float = 60
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """How the person is told that something waits: by this machine's desktop, by an address of Apprise, or both."""

    desktop: bool = False
    url: SecretPlace = field(default_factory=SecretPlace)

    def __bool__(self) -> bool:
        """Tell whether anybody is to be told at all."""
        return self.desktop or bool(self.url)


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """The service outside that is told of every run by the scheduler, and by which of its ways.

    Its address is a secret, as whoever has it can say that all is well: it stands in `url`, or at `place`.
    `style` is auto, healthchecks, uptime-kuma or plain.
    """

    url: str = field(default="", repr=False)
    place: SecretPlace = field(default_factory=SecretPlace)
    style: str = "auto"

    def __bool__(self) -> bool:
        """Tell whether there is one."""
        return bool(self.url or self.place)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything the person decided, checked and with defaults filled in."""

    me: Me
    bosses: tuple[Boss, ...] = ()
    goals: tuple[Goal, ...] = ()
    invention: InventionPolicy = field(default_factory=InventionPolicy)
    offers: OffersPolicy = field(default_factory=OffersPolicy)
    incidents: IncidentsPolicy = field(default_factory=IncidentsPolicy)
    calendar: CalendarSettings = field(default_factory=CalendarSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    google: GoogleSettings = field(default_factory=GoogleSettings)
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    sample: bool = False

    @property
    def sends_by(self) -> str:
        """What approved mails go by: `google`, `smtp`, or "" where the person sends every mail themselves.

        Gmail sends its own drafts; those of any other mailbox go by the mail server of [smtp].
        """
        if self.mail.mode != "approve":
            return ""
        if self.mail.provider == "google":
            return "google"
        return "smtp" if self.smtp.host else ""

    @property
    def person(self) -> str:
        """The key every table carries: the person's lower-case mail address."""
        return self.me.email.lower()
