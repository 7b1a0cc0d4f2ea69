"""The one spec of the config: keys, types, limits, defaults and what each key means.

Validation, the sample, the JSON Schema and the table in the docs are made from it. A key's
`extra` says more than a type can: `form` is the check in `forms.py` that its text must pass,
`unset` how an empty default reads to people, `secret` that its value is never shown.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from automations.config.accounts import Calendar, Google, Limits, Mail, Monitor, Notify, Smtp
from automations.config.keys import MANY, NAME, SENTENCE, Address, Sentence, Table, WindowText, key
from automations.model.policy import IncidentsPolicy, InventionPolicy, OffersPolicy

__all__ = ["Calendar", "Config", "Google", "Limits", "Mail", "Monitor", "Notify", "Smtp", "Table"]

_INVENTION = InventionPolicy()
_OFFERS = OffersPolicy()
_CADENCE = IncidentsPolicy().cadence

_WEEK_MINUTES = 7 * 24 * 60


class Me(Table, frozen=True):
    """Who you are."""

    name: Annotated[
        str,
        key(
            "Your name, as it stands under your mails.",
            min_length=1,
            max_length=NAME,
            examples=["Sam Sample"],
            extra={"form": "name"},
        ),
    ]
    email: Annotated[
        Address, key("Your mail address; drafts are written from it.", examples=["sam@example.com"])
    ]
    timezone: Annotated[
        str,
        key(
            "Your time zone, an IANA name. It decides what a month and a working hour are.",
            min_length=1,
            max_length=NAME,
            examples=["Europe/Berlin"],
            extra={"form": "zone"},
        ),
    ]


class Boss(Table, frozen=True):
    """A person you run the loop with: a manager, a skip-level, a sponsor. Repeat [[boss]] for each."""

    name: Annotated[
        str,
        key(
            "Their name, as you greet them.",
            min_length=1,
            max_length=NAME,
            examples=["Priya Raman"],
            extra={"form": "name"},
        ),
    ]
    email: Annotated[
        Address,
        key(
            "Their mail address. A new address is a new boss to the log.",
            examples=["priya@example.com"],
        ),
    ]
    cadence: Annotated[
        Literal["monthly", "every-2-months", "quarterly"], key("How often an offer of help is due.")
    ] = "monthly"
    stage: Annotated[
        Literal["auto", "ask", "suggest", "inform"],
        key(
            "How far the loop has come: ask how to help, suggest help, inform of help given. auto decides by the log."
        ),
    ] = "auto"
    offers: Annotated[
        tuple[Sentence, ...],
        key(
            "Help you could offer this boss, one concrete thing each; comes before offers.ideas.",
            max_length=MANY,
            examples=[["take the on-call rota off your desk"]],
        ),
    ] = ()
    capacity: Annotated[
        int,
        key("How many promises to this boss may be open at once before nothing new is offered.", ge=1, le=20),
    ] = 3


class Goal(Table, frozen=True):
    """Something you want. Repeat [[goal]] for each."""

    text: Annotated[
        str,
        key(
            "The goal in your words.",
            min_length=1,
            max_length=SENTENCE,
            examples=["lead a project across two teams"],
        ),
    ]
    kind: Annotated[Literal["skill", "scope", "role", "project", "pay"], key("What sort of goal it is.")] = (
        "skill"
    )


class Invention(Table, frozen=True):
    """Invention time: one block a month to think, booked around your meetings."""

    hours: Annotated[float, key("Length of a block in hours.", ge=0.5, le=8)] = 2
    floor_minutes: Annotated[
        int, key("The shortest block worth having, in minutes, when no whole one fits.", ge=30, le=480)
    ] = _INVENTION.floor_minutes
    months_ahead: Annotated[int, key("How many months after this one are booked already.", ge=0, le=11)] = (
        _INVENTION.months_ahead
    )
    working_hours: Annotated[
        WindowText | Annotated[tuple[WindowText, ...], Meta(min_length=1, max_length=MANY)],
        key(
            "When you work; a block lies whole inside. Days, then times: one text or a list of texts.",
            examples=[["Mon-Thu 09:00-17:30", "Fri 09:00-13:00"]],
        ),
    ] = ("Mon-Fri 09:00-17:30",)
    prefer: Annotated[
        WindowText | Annotated[tuple[WindowText, ...], Meta(max_length=MANY)],
        key(
            "When you think best, written like working_hours; other times are taken when these are full.",
            examples=[["Tue-Thu 09:00-12:00"]],
        ),
    ] = ()
    buffer_minutes: Annotated[
        int, key("Minutes kept clear between a block and the meetings beside it.", ge=0, le=240)
    ] = _INVENTION.buffer_minutes
    notice_days: Annotated[
        int, key("A block is neither booked nor moved within so many days of now.", ge=0, le=28)
    ] = _INVENTION.notice_days
    on_conflict: Annotated[
        Literal["move", "keep", "ask"], key("What to do when a meeting lands on a block.")
    ] = "move"
    max_moves: Annotated[
        int, key("How often a month's block is moved before you are asked.", ge=0, le=31)
    ] = _INVENTION.max_moves
    holidays: Annotated[
        str,
        key(
            "Country, or country and region, whose public holidays are kept free.",
            max_length=20,
            examples=["DE", "DE-BY", "US-CA"],
            extra={"form": "holidays", "unset": "none"},
        ),
    ] = ""
    problems: Annotated[
        tuple[Sentence, ...],
        key(
            "Problems worth two hours of thought; each block carries the next one.",
            max_length=MANY,
            examples=[["What would make half our alerts unnecessary?"]],
        ),
    ] = ()
    combine: Annotated[
        tuple[Sentence, ...],
        key(
            "Things to join in new ways; each block names two, no pair twice until all were used.",
            max_length=MANY,
            examples=[["the audit log", "new colleagues' first week", "load tests"]],
        ),
    ] = ()


class Offers(Table, frozen=True):
    """Offers of help to your bosses."""

    due_day: Annotated[int, key("Day of the month from which the offer is due.", ge=1, le=28)] = (
        _OFFERS.due_day
    )
    ideas: Annotated[
        tuple[Sentence, ...],
        key(
            "Concrete help you could offer any boss; an offer names one or two.",
            max_length=MANY,
            examples=[["take over the monthly capacity report", "sit in for you in the vendor calls"]],
        ),
    ] = ()
    on_track: Annotated[
        str,
        key(
            "A fact that shows your own work is on track; an offer opens with it.",
            max_length=SENTENCE,
            examples=["The billing move is on plan; the second of four steps went live on Tuesday."],
            extra={"unset": "left out"},
        ),
    ] = _OFFERS.on_track
    hours: Annotated[
        int,
        key("Hours a month you can give; 0 names no figure.", ge=0, le=80),
    ] = _OFFERS.hours
    follow_up_days: Annotated[
        int,
        key("Working days after which an unanswered offer is followed up, once; 0 never does.", ge=0, le=20),
    ] = _OFFERS.follow_up_days


First = Annotated[
    int, key("Minutes until the first notice is to be out; 0 leaves it out.", ge=0, le=_WEEK_MINUTES)
]
Active = Annotated[int, key("Minutes between updates while it is being worked on.", ge=0, le=_WEEK_MINUTES)]
Monitoring = Annotated[
    int, key("Minutes between updates while the cure is being watched.", ge=0, le=_WEEK_MINUTES)
]
LongAfter = Annotated[
    int,
    key("Minutes after which it counts as long and updates may come less often.", ge=0, le=_WEEK_MINUTES),
]
Long = Annotated[
    int,
    key("Minutes between updates of a long one; each mail tells before they grow.", ge=0, le=_WEEK_MINUTES),
]
Working = Annotated[
    bool,
    key(
        "Count working time only (invention.working_hours, no holidays); a number of days ends in the morning."
    ),
]


class Sev1(Table, frozen=True):
    """Times of the most severe incidents, in minutes; 0 promises no fixed time."""

    first: First = _CADENCE[1].first
    active: Active = _CADENCE[1].active
    monitoring: Monitoring = _CADENCE[1].monitoring
    long_after: LongAfter = _CADENCE[1].long_after
    long: Long = _CADENCE[1].long


class Sev2(Table, frozen=True):
    """Times of severe incidents, in minutes; 0 promises no fixed time."""

    first: First = _CADENCE[2].first
    active: Active = _CADENCE[2].active
    monitoring: Monitoring = _CADENCE[2].monitoring
    long_after: LongAfter = _CADENCE[2].long_after
    long: Long = _CADENCE[2].long


class Sev3(Table, frozen=True):
    """Times of minor incidents, in minutes; 0 promises no fixed time."""

    first: First = _CADENCE[3].first
    active: Active = _CADENCE[3].active
    monitoring: Monitoring = _CADENCE[3].monitoring
    long_after: LongAfter = _CADENCE[3].long_after
    long: Long = _CADENCE[3].long
    working_hours: Working = _CADENCE[3].working


class Sev4(Table, frozen=True):
    """Times of the least severe incidents, in minutes; 0 promises no fixed time."""

    first: First = _CADENCE[4].first
    active: Active = _CADENCE[4].active
    monitoring: Monitoring = _CADENCE[4].monitoring
    long_after: LongAfter = _CADENCE[4].long_after
    long: Long = _CADENCE[4].long
    working_hours: Working = _CADENCE[4].working


class Incidents(Table, frozen=True):
    """Updates while something is wrong: who gets them, and how often."""

    exec: Annotated[
        tuple[Address, ...],
        key(
            "Who gets the short updates on impact and plan.",
            max_length=MANY,
            examples=[["vp@example.com"]],
        ),
    ] = ()
    tactical: Annotated[
        tuple[Address, ...],
        key(
            "Who gets the updates with the details of the work.",
            max_length=MANY,
            examples=[["oncall@example.com", "support@example.com"]],
        ),
    ] = ()
    sev1: Sev1 = Sev1()
    sev2: Sev2 = Sev2()
    sev3: Sev3 = Sev3()
    sev4: Sev4 = Sev4()
    quiet_hours: Annotated[
        str,
        key(
            "No update of severity 3 or 4 is promised for these hours of any day; an empty text means none.",
            max_length=NAME,
            examples=["22:00-07:00"],
            extra={"form": "quiet", "unset": "none"},
        ),
    ] = "22:00-07:00"


class Config(Table, frozen=True, kw_only=True):
    """The whole config file of magicloop."""

    sample: Annotated[bool, key("Marks the made-up config of a first try; leave it out of your own.")] = False
    me: Me
    boss: Annotated[tuple[Boss, ...], Meta(max_length=MANY)] = ()
    goal: Annotated[tuple[Goal, ...], Meta(max_length=MANY)] = ()
    invention: Invention = Invention()
    offers: Offers = Offers()
    incidents: Incidents = Incidents()
    calendar: Calendar = Calendar()
    mail: Mail = Mail()
    limits: Limits = Limits()
    google: Google = Google()
    smtp: Smtp = Smtp()
    notify: Notify = Notify()
    monitor: Monitor = Monitor()
