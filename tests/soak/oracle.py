"""What ten years must have come to, worked out from the calendar and from what the person did, and from nothing else.

It imports nothing of the program (a test sees to that) and knows no slots, wakes, claims or files. It is told
of every quarter of an hour in which the machine was on, and of every act; it keeps the rules as README tells
them, one line each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
REPLY_DAYS, REMIND_AFTER, MIDDLE = timedelta(days=90), 5, 15
LAST_DAY_TO_BOOK = 20
"""Whoever switches the machine on by this day of a month, with two days of notice, still finds two free hours."""
SEVERITY_2 = {"active": 60, "watching": 120, "after four hours": 120}
AHEAD = timedelta(minutes=20) + QUARTER
LIVE = ("waiting", "approved", "thrown away")
UNREAD = 6
"""When so many updates in a row expired unread, there is one a day, in working hours."""
WORK = time(9), time(17, 30)


@dataclass
class Mail:
    """A mail that must be there: to whom, since when, until when it makes sense, and how it stands."""

    key: str
    to: str
    created: date
    expires: datetime | None = None
    state: str = "waiting"
    handed: datetime | None = None

    def over(self, now):
        """Tell whether it lapsed: nobody sent it while it made sense."""
        lapsed = self.state == "waiting" and self.expires is not None and self.expires <= now
        return lapsed or self.state == "expired"


@dataclass
class Update(Mail):
    """A mail of an incident: who wrote it and when, and for when it promises the next."""

    by_run: bool = False
    written: datetime | None = None
    following: datetime | None = None


@dataclass
class Promised:
    """Something promised to a boss."""

    boss: str
    due: date
    state: str = "open"


@dataclass
class Trouble:
    """An incident: its mails in order, when readers expect the next, how it ended."""

    opened: datetime
    updates: list[Update] = field(default_factory=list)
    promised: datetime | None = None
    pace: int = 0
    watching: bool = False
    over: bool = False
    reviewed: datetime | None = None
    progress: bool = False
    notes: list[datetime] = field(default_factory=list)

    @property
    def number(self):
        return len(self.updates)

    def unread(self, now):
        """Return how many of the last updates, all written by runs, expired with nobody there."""
        count = 0
        for update in reversed(self.updates):
            if not update.by_run or update.handed is not None:
                break
            count += update.over(now)
        return count


class Oracle:
    """`days_off` tells a year's holidays; `bosses` maps an address to how many promises are too many."""

    def __init__(self, zone, days_off, bosses, goals=False):
        self.zone = ZoneInfo(zone)
        self.days_off = days_off
        self.bosses = bosses
        self.goals = goals
        self.mails = {}
        self.live = []
        self.emptied = False
        self.asked = set()
        self.to = {boss: [] for boss in bosses}
        self.promises = {}
        self.unsettled = {}
        self.troubles = {}
        self.ideas = {}
        self.blocks = {}
        self.rows = {}
        self.first_month = ""
        self.answers = []
        self.words = {boss: [] for boss in bosses}
        self.paused_until = None

    # --- the calendar ---------------------------------------------------------------------------

    def here(self, now):
        return now.astimezone(self.zone)

    def works(self, day):
        return day.weekday() < 5 and day not in self.days_off(day.year)

    def workday(self, day):
        """Return the day, or the next on which people work; offers and questions wait for one."""
        while not self.works(day):
            day += timedelta(days=1)
        return day

    def workdays_after(self, day, count):
        while count:
            day += timedelta(days=1)
            count -= self.works(day)
        return day

    def month_end(self, day, months=1):
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        return datetime(year, month + 1, 1, tzinfo=self.zone).astimezone(UTC)

    # --- a quarter of an hour with the machine on -----------------------------------------------

    def tick(self, now, *, online=True):
        here = self.here(now)
        today, month = here.date(), f"{here:%Y-%m}"
        self.first_month = self.first_month or month
        self._blocks(today, month, online)
        new = self._mails_to_bosses(now, today, month)
        new += self._incident_mails(now, today)
        self.live = [mail for mail in self.live if mail.state in LIVE]
        if online:
            self._notice_deleted()
        for mail in self.live:
            if mail.state == "waiting" and mail.expires is not None and mail.expires <= now:
                mail.state = "expired"
        self._outdated(today)
        for mail in new:
            self._add(mail)

    def _notice_deleted(self):
        """A deleted file is a decision; all of them gone at once may be a disk, and is asked about."""
        gone = [mail for mail in self.live if mail.state == "thrown away"]
        asks = self.emptied and len(gone) > 1
        for mail in gone:
            mail.state = "waiting" if asks else "discarded"
            self.asked |= {mail.key} if asks else set()

    def _add(self, mail):
        self.mails[mail.key] = mail
        self.live.append(mail)
        self.to.setdefault(mail.to, []).append(mail)

    def _blocks(self, today, month, online):
        following = f"{self.month_end(today).astimezone(self.zone):%Y-%m}"
        for each in (month, following) if online else ():
            if each not in self.blocks and (each != month or today.day <= LAST_DAY_TO_BOOK):
                self.blocks[each], self.rows[each] = "kept", 1
        last = (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
        if last >= self.first_month and last not in self.blocks:
            self._missed(last)

    def _missed(self, month):
        while month >= self.first_month and month not in self.blocks:
            self.blocks[month], self.rows[month] = "missed", 1
            first = date.fromisoformat(f"{month}-01")
            month = (first - timedelta(days=1)).strftime("%Y-%m")

    def in_the_way(self, boss, now, today):
        """Return why nothing more is offered to a boss."""
        newest = self.words[boss][-1:]
        mine = [p for p in self.unsettled.values() if p.boss == boss and p.state == "open"]
        if any(not trouble.over for trouble in self.troubles.values()):
            return "incident"
        if self.paused_until is not None and today <= self.paused_until:
            return "paused"
        if any(promise.due < today for promise in mine):
            return "overdue"
        if newest and newest[0][0] == "not_solid" and now - newest[0][1] < REPLY_DAYS:
            return "not solid"
        return "full" if len(mine) >= self.bosses[boss] else ""

    def _mails_to_bosses(self, now, today, month):
        new = []
        for boss in self.bosses:
            why_not = self.in_the_way(boss, now, today)
            wanted = [self._offer(boss, today, month, why_not)]
            wanted += (
                [self._reminder(boss, now, today), self._quarterly(boss, now, today, month)]
                if not why_not
                else []
            )
            new += [mail for mail in wanted if mail is not None and mail.key not in self.mails]
        for name, promise in self.unsettled.items():
            late = promise.state == "open" and promise.due < today
            new += [Mail(f"catch-up:{name}", promise.boss, today)] if late else []
            new += [Mail(f"closing:{name}", promise.boss, today)] if promise.state == "kept" else []
        self.unsettled = {name: each for name, each in self.unsettled.items() if each.state == "open"}
        return [mail for mail in new if mail.key not in self.mails]

    def _offer(self, boss, today, month, why_not):
        """One offer a month, from its first working day on; where there is no room, a note that says so."""
        key = f"offer:{boss}:{month}"
        if key in self.mails or (month != self.first_month and today < self.workday(today.replace(day=1))):
            return None
        if why_not == "full":
            return Mail(f"pause-note:{boss}:{month}", boss, today, self.month_end(today))
        return None if why_not else Mail(key, boss, today, self.month_end(today))

    def _reminder(self, boss, now, today):
        """One reminder of the newest offer, five working days after it went, while its month lasts."""
        offer = next((mail for mail in reversed(self.to[boss]) if mail.key.startswith("offer:")), None)
        if (
            offer is None
            or offer.state != "sent_elsewhere"
            or offer.key in self.answers
            or now >= offer.expires
        ):
            return None
        if today < self.workdays_after(self.here(offer.handed).date(), REMIND_AFTER):
            return None
        return Mail(offer.key.replace("offer:", "follow-up:"), boss, today, offer.expires)

    def _quarterly(self, boss, now, today, month):
        """From the middle of a month on, a question about the own work, or a goal; one mail at a time."""
        if month == self.first_month or today < self.workday(today.replace(day=MIDDLE)):
            return None
        mails = self.to[boss]
        if any(mail.to == boss and mail.state in LIVE for mail in self.live):
            return None
        if mails and today < self.workdays_after(max(mail.created for mail in mails), REMIND_AFTER):
            return None
        quarter = f"{boss}:{today.year}-Q{(today.month + 2) // 3}"
        heard = any(now - at < REPLY_DAYS for _, at in self.words[boss])
        kept = sum(p.boss == boss and p.state == "kept" for p in self.promises.values())
        if not heard and f"standing:{quarter}" not in self.mails:
            return Mail(f"standing:{quarter}", boss, today, self.month_end(today, 2))
        if kept >= 2 and self.goals:
            return Mail(f"goal-trade:{quarter}", boss, today, self.month_end(today, 2))
        return None

    def _outdated(self, today):
        """End the reminders of what was answered, and notes on a promise that is not late any more."""
        for mail in self.live:
            if mail.state != "waiting":
                continue
            kind, _, rest = mail.key.partition(":")
            if kind == "follow-up" and f"offer:{rest}" in self.answers:
                mail.state = "superseded"
            if kind == "catch-up":
                promise = self.promises[rest]
                late = promise.state == "open" and promise.due < today
                mail.state = "waiting" if late or promise.state == "missed" else "superseded"

    def _incident_mails(self, now, today):
        new = []
        calm = all(trouble.over for trouble in self.troubles.values())
        for name, trouble in self.troubles.items():
            if not trouble.over:
                new += self._update_by_run(name, trouble, now)
            if trouble.reviewed is None:
                continue
            if f"review:{name}:exec" not in self.mails:
                new.append(Mail(f"review:{name}:exec", "cto@corp.test", today))
            since = now - trouble.reviewed
            last = max([trouble.reviewed, *trouble.notes])
            week_over = now >= last + timedelta(days=7) and since < timedelta(days=63)
            if calm and week_over and trouble.progress and len(trouble.notes) < 4:
                trouble.notes.append(now)
                trouble.progress = False
                key = f"trust:{name}:{len(trouble.notes)}"
                new.append(Mail(key, "cto@corp.test", today, now + timedelta(days=7)))
        return new

    def _update_by_run(self, name, trouble, now):
        """Return the update to be written now: ahead of what the newest promises, or at once.

        At once where the newest can go no more, or a promise passed after a run wrote it: then it gives way.
        """
        newest = trouble.updates[-1]
        passed = trouble.promised is not None and newest.written < trouble.promised <= now
        gives_way = newest.by_run and newest.state == "waiting" and passed and not newest.over(now)
        due = now if newest.over(now) or gives_way else newest.following
        if due is None or now < due - AHEAD or not self._anybody_there(trouble, now):
            return []
        if gives_way:
            newest.state = "superseded"
        update = self._next_update(name, trouble, max(now, due))
        update.by_run, update.written = True, now
        update.expires = due if due > now else update.following
        return [update]

    def _anybody_there(self, trouble, now):
        """Tell whether updates are read; while they are not, one in the working hours of each day is tried."""
        here, last = self.here(now), self.here(trouble.updates[-1].written)
        by_day = here.weekday() < 5 and WORK[0] <= here.time() < WORK[1]
        return trouble.unread(now) < UNREAD or (by_day and here.date() > last.date())

    def _next_update(self, name, trouble, start):
        """Return the mail of an update; each promises the next: hourly, every two hours after four or while watching."""
        age = start - trouble.opened
        pace = SEVERITY_2["watching" if trouble.watching else "active"]
        if age >= timedelta(hours=4):
            pace = max(pace, SEVERITY_2["after four hours"])
        if trouble.pace and age < timedelta(hours=1):
            pace = min(pace, trouble.pace)
        trouble.pace = pace
        key = f"incident:{name}:exec:{trouble.number + 1}"
        update = Update(key, "cto@corp.test", self.here(start).date(), written=start)
        if not trouble.over:
            update.following = start.replace(second=0, microsecond=0) + timedelta(minutes=pace)
        trouble.updates.append(update)
        return update

    # --- what the person did --------------------------------------------------------------------

    def travelled(self, zone):
        self.zone = ZoneInfo(zone)

    def block_ended(self, month):
        """The block of a month was deleted, or the month skipped."""
        self.blocks[month] = "skipped"
        self.rows.setdefault(month, 1)

    def block_again(self, month):
        """It has to be booked once more: held after all, said not to have been, or a meeting took it."""
        self.blocks[month] = "kept"
        self.rows[month] += 1

    def handed_over(self, key, now):
        self.mails[key].state, self.mails[key].handed = "approved", now

    def went(self, key):
        self.mails[key].state = "sent_elsewhere"
        if isinstance(self.mails[key], Update):
            self.troubles[key.split(":")[1]].promised = self.mails[key].following

    def did_not_go(self, key):
        self.mails[key].state, self.mails[key].handed = "waiting", None

    def threw_away(self, key):
        self.mails[key].state = "discarded"
        self.asked.discard(key)

    def deleted_copy(self, key, *, emptied):
        """The next run that can see the folder takes note of it; `emptied`: no draft is left in it."""
        self.mails[key].state = "thrown away"
        self.emptied = emptied

    def promised(self, name, boss, due):
        self.promises[name] = self.unsettled[name] = Promised(boss, due)

    def promise_ended(self, name, state):
        self.promises[name].state = state

    def answered(self, boss):
        """A boss answered the newest offer that went, or was handed over."""
        offers = [
            m for m in self.mails.values() if m.key.startswith(f"offer:{boss}:") and m.handed is not None
        ]
        self.answers += [offers[-1].key] if offers else []

    def said(self, boss, word, now):
        """A boss said how solid the work is."""
        self.words[boss].append((word, now))

    def paused(self, until):
        self.paused_until = max(until, self.paused_until or until)

    def resumed(self):
        self.paused_until = None

    def had_idea(self, name):
        self.ideas[name] = 0

    def improved_idea(self, name):
        self.ideas[name] += 1

    def incident_opened(self, name, now):
        self.troubles[name] = Trouble(opened=now)
        self._told(name, now)

    def incident_told(self, name, now, *, watching=False):
        self.troubles[name].watching |= watching
        self._told(name, now)

    def incident_over(self, name, now):
        self.troubles[name].over = True
        self._told(name, now)

    def reviewed(self, name, now):
        self.troubles[name].reviewed = now

    def progressed(self, name):
        self.troubles[name].progress = True

    def _told(self, name, now):
        for mail in self.live:
            if mail.key.startswith(f"incident:{name}:") and mail.state == "waiting":
                mail.state = "superseded"
        trouble = self.troubles[name]
        mail = self._next_update(name, trouble, now)
        ahead = trouble.promised is not None and trouble.promised > now and not trouble.over
        mail.expires = trouble.promised if ahead else mail.following
        self._add(mail)
