"""What a form of the page does: the same acts at the desk as at the terminal, on what was shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from automations.compose.addresses import split_addresses
from automations.desk import review
from automations.desk.sending import send_due
from automations.errors import BadValueError, RefusedError
from automations.plan.actions import SendDraft

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automations.apply import Bench
    from automations.model.records import Draft

    Form = Mapping[str, str]
    Act = Callable[[Bench, Draft, Form], str]

SNOOZES = {
    "3h": ("3 hours", timedelta(hours=3)),
    "1d": ("a day", timedelta(days=1)),
    "3d": ("3 days", timedelta(days=3)),
    "7d": ("a week", timedelta(days=7)),
}
"""How long a draft may be put off by a click."""

CHANGED = "it changed since it was shown; this is how it stands now"


def shown(bench: Bench, draft: Draft, form: Form) -> tuple[Bench, Draft]:
    """Return the draft as it stands here and outside, if it still is what the form's page showed.

    :raises RefusedError: it is not.
    """
    bench, current, adopted = review.standing(bench, draft.id)
    if adopted is not None or form.get("hash", "") != current.hash:
        raise RefusedError(CHANGED, where=draft.key)
    return bench, current


def approve(bench: Bench, draft: Draft, form: Form) -> str:
    """Approve exactly what the page showed."""
    bench, current = shown(bench, draft, form)
    named = [each for each in (*current.to, *current.cc) if form.get(f"new:{each}") == "yes"]
    review.approve(
        bench,
        current,
        current.hash,
        despite=[code for code in form.get("errors", "").split() if form.get("despite") == "yes"],
        reason=form.get("reason", ""),
        new_recipients=named,
    )
    if bench.world.sender is None:
        return "Approved. It is yours to send; say so here when it went."
    return (
        f"Approved. It leaves in {bench.policy.mail.undo_seconds} seconds; until then you can take it back."
    )


def edit(bench: Bench, draft: Draft, form: Form) -> str:
    """Change the words or recipients of what the page showed."""
    bench, current = shown(bench, draft, form)
    words = review.NewWords(
        subject=form.get("subject"),
        body_text=(form["body"].replace("\r\n", "\n") if "body" in form else None),
        to=_addresses(form, "to"),
        cc=_addresses(form, "cc"),
    )
    edited = review.edit(bench, current, words)
    return (
        "Nothing changed." if edited.text_rev == current.text_rev else "Changed; it waits for your approval."
    )


def _addresses(form: Form, name: str) -> tuple[str, ...] | None:
    return split_addresses(form[name]) if name in form else None


def discard(bench: Bench, draft: Draft, form: Form) -> str:
    """End a draft unsent, if the person said so twice."""
    if form.get("sure") != "yes":
        raise RefusedError("tick the box beside Discard to discard it; nothing changed")
    bench, current = shown(bench, draft, form)
    review.discard(bench, current, form.get("reason", ""))
    return "Discarded. Its words stay in the journal."


def snooze(bench: Bench, draft: Draft, form: Form) -> str:
    """Put a draft off."""
    words, ahead = SNOOZES.get(form.get("for", ""), ("", None))
    if ahead is None:
        raise BadValueError("that is no time to put it off for")
    review.snooze(bench, draft, bench.world.clock.now() + ahead)
    return f"Put off for {words}. Promises and expiry stay as they are."


def undo(bench: Bench, draft: Draft, form: Form) -> str:
    """Take an approval back."""
    del form
    review.undo(bench, draft)
    return "Taken back; it waits again."


def resolve(bench: Bench, draft: Draft, form: Form) -> str:
    """Say whether a mail went."""
    if form.get("sent") not in ("yes", "no"):
        raise BadValueError("say whether it went or not")
    review.resolve(bench, draft, sent=form["sent"] == "yes")
    return "Noted: it went out." if form["sent"] == "yes" else "Noted: it did not go out."


def send(bench: Bench, draft: Draft, form: Form) -> str:
    """Send what is due; what the browser asks for when a countdown is over."""
    del draft, form
    results = [each for each in send_due(bench) if each.kind == SendDraft.kind]
    done = [each for each in results if each.outcome.value == "done"]
    return f"{len(done)} of {len(results)} sent." if results else "Nothing was due."


ACTS: Mapping[str, Act] = {
    "approve": approve,
    "edit": edit,
    "discard": discard,
    "snooze": snooze,
    "undo": undo,
    "resolve": resolve,
    "send": send,
}
"""Every act there is, by the last part of its address."""
