"""The words a card is told in, the same in every form it takes on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from automations.compose.difference import Mark
from automations.model.records import DraftState
from automations.model.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.desk.card import Card, Recipient
    from automations.desk.differences import Difference
    from automations.desk.pledges import Pledge

SHORT: Final = 160
"""Changes longer than this are told by the key that shows them."""


def rows_of(card: Card) -> Iterator[tuple[str, str, str]]:
    """Yield (label, words, style) of what a card says before its recipients."""
    yield "Why", card.why, ""
    if card.state is DraftState.WAITING and card.reason:
        yield "Note", card.reason, "yellow"
    for contact in card.contacts:
        what = f'"{contact.words}"' if contact.kind == "mail" else f'answered "{contact.words}"'
        yield "Last", f"{contact.at.short} ({contact.at.away}): {what}", ""
    made = f"{card.created.short} ({card.created.away})"
    if card.expires:
        made += f"; expires {card.expires.short} ({card.expires.away})"
    yield "Made", made, ""
    if card.snoozed_until:
        yield "Put off", f"until {card.snoozed_until.short}", ""
    if card.approved:
        yield (
            "Approved",
            f"{card.approved.at.short}; leaves {card.approved.undo_until.short} at the earliest",
            "",
        )
    yield "From", f"{card.sender_name} <{card.sender}> ({card.account})", ""


def headers_of(card: Card) -> Iterator[tuple[str, str]]:
    """Yield (header, everybody in it)."""
    for header in ("To", "Cc"):
        who = [recipient_words(each) for each in card.recipients if each.header == header]
        if who:
            yield header, ", ".join(who)


def recipient_words(each: Recipient) -> str:
    """Return a recipient as `Priya Raman <priya@corp.test>`, marked in words where it is new or outside."""
    who = f"{each.name} <{each.address}>" if each.name else each.address
    marks = [word for word, on in (("NEW", each.is_new), ("EXTERNAL", each.is_external)) if on]
    return f"{who} [! {' '.join(marks)}]" if marks else who


def length_words(card: Card) -> str:
    """Return the number of words against the limits of the mail's kind."""
    least, most = card.length.least, card.length.most
    limit = f"{least} to {most}" if least else f"at most {most}"
    return f"{card.length.words} words ({limit})"


def pledge_words(pledge: Pledge) -> str:
    """Return what a mail promises, and whether its text leaves the time out."""
    return plain(pledge.words if pledge.told else f"{pledge.words}  ! the text does not name that time")


def changes_line(found: Difference | None, *, spoken: bool = False) -> str:
    """Return what changed in a line, "" for nothing: the words themselves where they are few.

    They stand as `[-old-] {+new+}`, or `spoken` as `was old, now new`.
    """
    if found is None:
        return ""
    headers = [
        f"{name}: {_marks(before, Mark.REMOVED, spoken)} {_marks(now, Mark.ADDED, spoken)}"
        for name, before, now in found.headers
    ]
    words = [_marks(piece.text, piece.mark, spoken) for piece in found.changed if piece.text.strip()]
    told = plain(" ".join([*headers, *words])).rstrip(",")
    if not told:
        told = "only its form, no word"
    since = f"since {plain(found.against)}"
    return (
        f"{since}: {told}"
        if len(told) <= SHORT
        else f"{since}, in {len(words) + len(headers)} places; d shows it"
    )


def _marks(text: str, mark: Mark, spoken: bool) -> str:
    words = text.strip()
    if not words:
        return ""
    if spoken:
        return f"now {words}," if mark is Mark.ADDED else f"was {words},"
    return f"{{+{words}+}}" if mark is Mark.ADDED else f"[-{words}-]"


def difference_lines(found: Difference, *, spoken: bool) -> Iterator[str]:
    """Yield a comparison in full: headers that differ, then the body's changed lines with - and + (`spoken`: in words)."""
    less, more = ("was: ", "now: ") if spoken else ("-", "+")
    yield f"Compared with {plain(found.against)}:"
    for name, before, now in found.headers:
        yield f"  {less}{name}: {plain(before)}"
        yield f"  {more}{name}: {plain(now)}"
    told = [line for line in found.unified.splitlines()[2:] if not line.startswith("@@")]
    marks = {"-": less, "+": more}
    yield from (f"  {marks.get(line[:1], ' ')}{line[1:]}" for line in told)
    if not told and not found.headers:
        yield "  the words are the same"
