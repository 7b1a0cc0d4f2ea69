"""One sitting at a terminal: a card is shown, a key is pressed, and what it does is done.

What is approved is the revision that stands on the card; whoever changed the mail meanwhile, here or outside,
has it shown anew.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

import click

from automations.cli.keys import ENTER, QUIT, read_key
from automations.cli.output import say, show_error
from automations.cli.review_card import Place
from automations.cli.review_words import difference_lines
from automations.desk import review
from automations.desk.card import Doing, build_card
from automations.desk.looks import note_look
from automations.errors import ConflictError, LockHeldError, MagicloopError
from automations.model.records import DraftState
from automations.model.text import plain, visible

if TYPE_CHECKING:
    from automations.cli.review_card import Screen
    from automations.desk.card import Card
    from automations.model.records import Draft, Recorded
    from automations.wiring import Session

PROMPT = "[y e s z x d h b u q ?] "
HELP = (
    "y  approve exactly what is shown          e  edit headers and text in your editor",
    "s  skip it for now                        z  snooze: put it off until a time",
    "x  discard it, after a question           d  what changed since you saw it, and since the last mail",
    "h  the HTML part                          r  the mail as it is sent, with its headers",
    "b  open it in your mail program           u  take back the approval you gave last",
    "q  quit; what is approved stays so        ?  this help.  Enter does nothing.",
)


class Then(Enum):
    """What follows a key: wait for another, show the card anew, go to the next one, or end."""

    STAY = auto()
    AGAIN = auto()
    NEXT = auto()
    END = auto()


@dataclass(slots=True)
class Sitting:
    """The drafts still to be read by their ids, and those approved in this sitting, the last one last."""

    session: Session
    screen: Screen
    ids: list[str]
    approved: list[str] = field(default_factory=list)
    number: int = 0
    _done: set[str] = field(default_factory=set)
    _draft: Draft = field(init=False)
    _card: Card = field(init=False)

    def go(self) -> bool:
        """Go through the drafts until there is none left or the person ends it; see the approved ones off.

        Tell whether all that was to be sent was.
        """
        from automations.cli.review_end import leave

        whole = True
        while True:
            stopped = self._read_all()
            off = leave(self.session, self.approved, stopped=stopped)
            whole = whole and not off.failed
            if not off.undone:
                self._say_the_end()
                return whole
            self._back_to(off.undone)

    def _say_the_end(self) -> None:
        left = len(self.ids) - len(self._done)
        if left:
            say(f"{left} of {len(self.ids)} still wait{'s' if left == 1 else ''}: magicloop review")
        else:
            say("All read.")

    def _read_all(self) -> bool:
        """Go through the drafts; tell whether the person ended it before the last."""
        then = Then.NEXT
        while self.number < len(self.ids) and then is not Then.END:
            then = self._look()
            while then in (Then.STAY, Then.AGAIN):
                then = self._look() if then is Then.AGAIN else self._press()
            if then is Then.NEXT:
                self.number += 1
        return then is Then.END

    def _back_to(self, undone: str) -> None:
        """Go on with a draft whose approval was taken back."""
        self.approved.remove(undone)
        self._done.discard(undone)
        self.number = self.ids.index(undone)

    # --- showing ---------------------------------------------------------------------------------

    def _look(self) -> Then:
        """Read the draft as it stands here and outside, and show its card; one that does not wait is passed over."""
        edited, problem, bench = False, None, None
        with ExitStack() as held:
            try:
                bench = held.enter_context(self.session.bench())
                draft, adopted = review.refreshed(bench, self._named(bench.recorded))
                edited = adopted is not None
            except MagicloopError as error:
                problem = error
            recorded = self.session.reading_journal().load(self.session.policy.person)
            draft = self._named(recorded)
            card = build_card(draft, recorded, self.session.policy, self.session.clock.now())
            if bench is not None and draft.state is DraftState.WAITING:
                with suppress(ConflictError):
                    note_look(replace(bench, recorded=recorded), draft)
        self._draft, self._card = draft, card
        if draft.id in self._done:
            return Then.NEXT
        if draft.state is not DraftState.WAITING and len(self.ids) > 1:
            self._done.add(draft.id)
            say(f"\n{plain(card.title)}: {card.hindrance} meanwhile.")
            return Then.NEXT
        say()
        self.screen.show(card, Place(self.number + 1, len(self.ids)))
        if edited:
            say("You edited it outside; these are the words now. d shows what changed.")
        if isinstance(problem, LockHeldError):
            say("A run is at work; this is how it stood before it.")
        elif problem is not None:
            show_error(problem, as_json=False)
        return Then.STAY

    def _named(self, recorded: Recorded) -> Draft:
        return review.find_draft(recorded, self.ids[self.number])

    # --- keys ------------------------------------------------------------------------------------

    def _press(self) -> Then:
        """Wait for a key and do what it says."""
        key = read_key(f"\r\n{PROMPT}")
        while key in (None, "", ENTER):  # the prompt is written over itself: nothing happened
            key = read_key(f"\r{PROMPT}")
        say(key)
        act = {
            "y": self._approve,
            "e": self._edit,
            "s": lambda: Then.NEXT,
            "z": self._snooze,
            "x": self._discard,
            "d": self._difference,
            "h": self._html,
            "r": self._raw,
            "b": self._open,
            "u": self._undo,
            QUIT: lambda: Then.END,
            "?": self._help,
        }.get(key.lower())
        if act is None:
            say("No such key; ? tells them all.")
            return Then.STAY
        try:
            return act()
        except MagicloopError as error:
            show_error(error, as_json=False)
            return Then.STAY

    def _approve(self) -> Then:
        card = self._card
        if card.hindrance:
            say(f"It cannot be approved: {plain(card.hindrance)}.")
            return Then.STAY
        reason = self._reason_despite(card)
        if card.errors and not reason:
            return Then.STAY
        if not self._confirmed(card):
            say("Not approved; nothing changed.")
            return Then.STAY
        with self.session.bench() as held:
            bench, current, adopted = review.standing(held, card.id)
            if adopted is None and current.text_rev == card.text_rev:
                approved = review.approve(
                    bench,
                    current,
                    card.hash,
                    despite=[found.code for found in card.errors],
                    reason=reason,
                    new_recipients=[each.address for each in card.new_recipients],
                )
                self.approved.append(approved.id)
                self._done.add(approved.id)
                self._say_approved(approved)
                return Then.NEXT
        say("It changed while you were reading; not approved. These are the words now:")
        return Then.AGAIN

    def _reason_despite(self, card: Card) -> str:
        """Ask why to go on despite the errors, "" where the person does not."""
        if not card.errors:
            return ""
        for found in card.errors:
            say(f"error: {plain(found.message)}; {plain(found.cure)}  [{found.code}]")
        said: str = click.prompt(
            "It stands in the way. e edits; to go on despite it, say why (Enter leaves it)",
            default="",
            show_default=False,
        )
        return said.strip()

    def _confirmed(self, card: Card) -> bool:
        """Ask for each recipient who never got a mail from here; only their name or `yes` will do."""
        for each in card.new_recipients:
            outside = ", outside your domain," if each.is_external else ""
            said = click.prompt(
                f"{plain(each.address)}{outside} is NEW. Type yes to send it there",
                default="",
                show_default=False,
            )
            if said.strip().lower() not in ("yes", each.address.lower()):
                return False
        return True

    def _say_approved(self, draft: Draft) -> None:
        doing = self._card.doing
        if doing is Doing.SEND:
            say(f"Approved; it can be undone for {self.session.policy.mail.undo_seconds} s (u).")
        elif doing is Doing.STAY:
            say("Approved. It is in your Gmail drafts; press Send there. u takes it back.")
        else:
            from automations.cli.draft_commands import copy_path

            say("Approved, and yours to send from your mail program. u takes it back.")
            say(f"  magicloop draft open {draft.id[:6]}    {copy_path(self.session, draft)}")

    def _edit(self) -> Then:
        from automations.cli.editing import reword_in_editor

        with self.session.bench() as bench:
            _, before, adopted = review.standing(bench, self._card.id)
        if adopted is not None:
            say("You edited it outside; these are the words now:")
            return Then.AGAIN
        edited = reword_in_editor(self.session, before)
        if edited.text_rev == before.text_rev:
            say("Nothing changed.")
            return Then.STAY
        return Then.AGAIN

    def _snooze(self) -> Then:
        from automations.cli.when import parse_when
        from automations.plan.zones import say_when

        said = click.prompt(
            "Until when? +2h, 14:30, +1d, tomorrow 9am (Enter leaves it)", default="", show_default=False
        )
        if not said.strip():
            return Then.STAY
        zone = self.session.policy.me.zone
        until = parse_when(said, self.session.clock.now(), zone)
        with self.session.bench() as bench:
            review.snooze(bench, review.find_draft(bench.recorded, self._card.id), until)
        self._done.add(self._card.id)
        say(f"Put off until {say_when(until, zone, with_zone=True)}. Promises and expiry stay as they are.")
        return Then.NEXT

    def _discard(self) -> Then:
        who = ", ".join(each.address for each in self._card.recipients)
        if not click.confirm(f"Discard {plain(self._card.subject)!r} to {plain(who)}?", default=False):
            say("Kept.")
            return Then.STAY
        with self.session.bench() as bench:
            review.discard(bench, review.find_draft(bench.recorded, self._card.id), "discarded in the review")
        self._done.add(self._card.id)
        say(f"Discarded. Its words stay: magicloop draft show {self._card.id[:6]}")
        return Then.NEXT

    def _difference(self) -> Then:
        found = (self._card.since_seen, self._card.since_last_mail)
        for each in filter(None, found):
            for line in difference_lines(each, spoken=self.screen.plain):
                say(line)
        if found == (None, None):
            say("Nothing changed since you saw it, and there is no earlier mail of its kind to them.")
        return Then.STAY

    def _html(self) -> Then:
        from automations.compose.words import says_the_same, text_of_html

        page, text = self._card.body_html, self._card.body_text
        if not page:
            say("It has no HTML part; everybody reads the text.")
            return Then.STAY
        same = says_the_same(text, page)
        say(
            "Its HTML part says the same as the text."
            if same
            else "Its HTML part says OTHER things than the text:"
        )
        if not same:
            say(text_of_html(page).rstrip("\n"))
        say("Its source:")
        say(page.rstrip("\n"))
        return Then.STAY

    def _raw(self) -> Then:
        for line in self._card.raw.decode("utf-8", "replace").splitlines():
            say(visible(line))
        return Then.STAY

    def _open(self) -> Then:
        from automations.cli.opening import open_copy

        open_copy(self.session, self._draft, only_print=False)
        return Then.STAY

    def _undo(self) -> Then:
        if not self.approved:
            say("Nothing was approved in this sitting; magicloop draft undo ID takes back others.")
            return Then.STAY
        with self.session.bench() as bench:
            back = review.undo(bench, review.find_draft(bench.recorded, self.approved[-1]))
        self._back_to(back.id)
        say(f"Taken back: {plain(back.subject)}")
        return Then.AGAIN

    def _help(self) -> Then:
        for line in HELP:
            if self.screen.plain:
                for half in line.split("    ", 1):
                    say(half.strip())
            else:
                say(line)
        return Then.STAY
