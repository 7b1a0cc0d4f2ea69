"""`draft`: the mails that wait for you."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from automations.cli.output import emit_json, heading, is_interactive, listing, paragraph, prose, say
from automations.errors import BadValueError, ExitCode, RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Draft, Recorded
    from automations.wiring import Session


@click.group()
def draft() -> None:
    """Read, change, approve or discard the mails drafted for you."""


@draft.command("list")
@click.option("--all", "show_all", is_flag=True, help="Also those that are at their end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_drafts(session: Session, *, show_all: bool, as_json: bool) -> None:
    """List the drafts that wait."""
    from automations.plan.lifecycle import FINAL

    recorded = session.reading_journal().load(session.policy.person)
    drafts = [d for d in recorded.drafts if show_all or d.state not in FINAL]
    if as_json:
        emit_json({"drafts": [draft_json(session, d, recorded) for d in drafts]})
        return
    if not drafts:
        say("No draft waits for you.")
        return
    now = session.clock.now()
    listing([(d.id[:6], state_words(d, now), d.subject, ", ".join(d.to)) for d in drafts])
    for draft in drafts:
        if draft.state.value == "waiting" and draft.reason:
            paragraph(f"{draft.id[:6]}: {draft.reason}", hanging=8)


def state_words(draft: Draft, now: datetime) -> str:
    """Return a draft's state as a person says it."""
    from automations.plan.waiting import put_off_until

    if draft.handed_over is not None and draft.state.value == "approved":
        return "handed over"
    if put_off_until(draft, now) is not None:
        return "put off"
    return draft.state.value.replace("_", " ")


def draft_json(session: Session, draft: Draft, recorded: Recorded) -> dict[str, Any]:
    """Return a draft as the contract's fields."""
    from automations.cli.lint_report import lint_json
    from automations.cli.wording import local_iso
    from automations.compose.words import count_words

    zone = session.policy.me.zone
    return {
        "id": draft.id,
        "key": draft.key,
        "kind": draft.kind,
        "state": draft.state.value,
        "to": list(draft.to),
        "cc": list(draft.cc),
        "subject": draft.subject,
        "words": count_words(draft.body_text),
        "hash": draft.hash,
        "why": draft.why,
        "created": local_iso(draft.created, zone),
        "expires": local_iso(draft.expires, zone),
        "snoozed_until": local_iso(draft.snoozed_until, zone),
        "handed_over": local_iso(draft.handed_over, zone),
        "file": copy_path(session, draft),
        "reason": draft.reason,
        "lint": lint_json(session, draft, recorded),
    }


def copy_path(session: Session, draft: Draft) -> str:
    """Return where the draft's copy lies, a path or a web address, "" where there is none."""
    if draft.provider_id and session.policy.mail.provider == "google":
        return f"https://mail.google.com/mail/?authuser={session.policy.me.email}#drafts"
    from pathlib import Path

    return str(Path(session.policy.mail.folder) / draft.provider_id) if draft.provider_id else ""


@draft.command()
@click.argument("name", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(session: Session, name: str, *, as_json: bool) -> None:
    """Show a draft as its reader will see it."""
    from automations.desk.review import find_draft

    recorded = session.reading_journal().load(session.policy.person)
    found = find_draft(recorded, name)
    if as_json:
        from automations.cli.card_json import card_json
        from automations.desk.card import build_card

        card = build_card(found, recorded, session.policy, session.clock.now())
        more = card_json(card, session.policy.me.zone)
        emit_json({**draft_json(session, found, recorded), **more})
        return
    print_card(session, found, recorded)


def print_card(session: Session, draft: Draft, recorded: Recorded) -> None:
    """Print the card of a draft as lines: what an approval binds to, why it is there, what its reader stumbles over."""
    from automations.cli.lint_report import print_lint
    from automations.cli.review_words import headers_of, length_words, pledge_words, rows_of
    from automations.desk.card import build_card

    now = session.clock.now()
    card = build_card(draft, recorded, session.policy, now)
    due = [("Due", f"{card.due.words} ({card.due.away})")] if card.due else []
    facts = [(label, words) for label, words, _ in rows_of(card)]
    state = state_words(draft, now)
    prose(
        [
            ("State", state),
            *due,
            *facts,
            *headers_of(card),
            ("Subject", card.subject),
            ("Length", length_words(card)),
        ]
    )
    say("-" * 72)
    say(card.body_text.rstrip("\n"))
    say("-" * 72)
    if card.since_seen is not None:
        heading(f"Changed since {card.since_seen.against}")
        say(card.since_seen.unified)
    prose([("Promise", pledge_words(pledge)) for pledge in card.pledges])
    print_lint(session, draft, recorded)
    if copy_path(session, draft):
        say(copy_path(session, draft))
    if not card.hindrance:
        say(f"Approve it: magicloop draft approve {card.id[:6]} --hash {card.short_hash}")
    elif draft.state.value == "waiting":
        paragraph(f"It cannot be approved: {card.hindrance}.")


@draft.command()
@click.argument("name", metavar="ID")
@click.option("--hash", "seen_hash", metavar="H", help="The hash shown with the words you read.")
@click.option(
    "--despite", multiple=True, metavar="CODE", help="Go on despite this error; may be given again."
)
@click.option("--reason", default="", help="Why you go on despite it. Kept in the log.")
@click.option(
    "--new-recipient",
    "named",
    multiple=True,
    metavar="ADDRESS",
    help="Somebody who never got a mail from here; may be given again.",
)
@click.pass_obj
def approve(
    session: Session,
    name: str,
    seen_hash: str | None,
    despite: tuple[str, ...],
    reason: str,
    named: tuple[str, ...],
) -> None:
    """Approve exactly the words you read.

    Then you send them, or the next run does: see mail.mode in the config.

    At a terminal the mail is shown and you are asked; in a script give the hash that was shown.
    An error that `draft show` names stands in the way until the words are changed, or until you
    say despite which one you go on, and why.
    """
    from automations.desk import review

    approving = partial(review.approve, despite=despite, reason=reason, new_recipients=named)
    with session.bench() as held:
        bench, found, edited = review.standing(held, name)
        review.check_approvable(bench, found)
        if edited is not None:
            say("You edited it outside; these are the words now.")
        approved = None if seen_hash is None else approving(bench, found, seen_hash)
    if approved is None:
        # The person reads without holding the lock, so it is looked at again afterwards.
        seen_hash = _ask_approval(session, found, despite, reason)
        with session.bench() as held:
            bench, current, changed = review.standing(held, found.id)
            if changed is not None:
                raise RefusedError(
                    "it changed while you were reading", fix=f"magicloop draft show {found.id[:6]}"
                )
            approved = approving(bench, current, seen_hash)
    if approved.handed_over is None:
        _say_when_it_leaves(session, approved)
        return
    say(f"Approved. Send it from your mail program: {copy_path(session, approved)}")
    say(f"  magicloop draft open {approved.id[:6]}             open it there")
    say(f"  magicloop draft resolve {approved.id[:6]} --sent   when it went")


def _say_when_it_leaves(session: Session, approved: Draft) -> None:
    seconds = session.policy.mail.undo_seconds
    say(f"Approved. It leaves with the next run, {seconds} seconds from now at the earliest.")
    say(f"  magicloop draft undo {approved.id[:6]}    take it back")
    say("  magicloop draft send --wait    send it as soon as it may leave")


def _ask_approval(session: Session, draft: Draft, despite: tuple[str, ...], reason: str) -> str:
    from automations.desk.linting import check_lint, lint_of

    if not is_interactive():
        raise RefusedError(
            "an approval without a terminal needs the hash of the words that were read",
            fix=f"magicloop draft show {draft.id[:6]}, then approve with --hash",
        )
    recorded = session.reading_journal().load(session.policy.person)
    print_card(session, draft, recorded)
    check_lint(draft, lint_of(draft, recorded, session.policy), despite=despite, reason=reason)
    if not click.confirm("Approve exactly this?", default=False):
        raise RefusedError("not approved; nothing changed", fix=f"magicloop draft edit {draft.id[:6]}")
    return draft.hash


@draft.command()
@click.argument("name", metavar="ID")
@click.option("--subject", help="The new subject.")
@click.option("--body-file", type=click.File("rb"), help="A file with the new text; - for stdin.")
@click.option("--to", multiple=True, metavar="ADDRESS", help="Replaces the recipients; may be given again.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Replaces the copies; may be given again.")
@click.option(
    "--form", type=click.File("rb"), help="A file like that in the editor, headers and text; - for stdin."
)
@click.pass_obj
def edit(
    session: Session,
    /,
    name: str,
    subject: str | None,
    body_file: BinaryIO | None,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    form: BinaryIO | None,
) -> None:
    """Change a draft: in your editor, or by the options. An approval of the old words is void."""
    from automations.cli.editing import from_text, reword_in_editor
    from automations.desk import review

    body = _text_of(body_file) if body_file else None
    words = review.NewWords(subject, body, to or None, cc or None)
    if form is not None:
        if words != review.NewWords():
            raise BadValueError(
                "--form holds headers and text already", fix=f"magicloop draft edit {name} --form FILE"
            )
        words = from_text(_text_of(form))
    given = words != review.NewWords()
    with session.bench() as held:
        bench, found, _ = review.standing(held, name)
        edited = review.edit(bench, found, words) if given else None
    if edited is None:
        edited = reword_in_editor(session, found)
    if edited.text_rev == found.text_rev:
        say("Nothing changed.")
        return
    say(f"Changed. It waits for your approval: magicloop draft show {edited.id[:6]}")


def _text_of(file: BinaryIO) -> str:
    """Return a file's text.

    :raises RefusedError: it cannot be read, or is no UTF-8.
    """
    name = click.format_filename(str(getattr(file, "name", "stdin")))
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(
            f"it is no text in UTF-8: byte {error.start + 1} stands for no letter",
            where=name,
            fix="save it as UTF-8 in your editor, then give it again",
        ) from None
    except OSError as error:
        raise RefusedError(
            f"it cannot be read: {error.strerror}", where=name, fix="name another file"
        ) from None


@draft.command()
@click.argument("name", metavar="ID")
@click.option("--reason", default="", help="Kept in the log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def discard(session: Session, name: str, reason: str, *, yes: bool) -> None:
    """End a draft unsent. Its words stay in the journal."""
    from automations.desk import review

    found = review.find_draft(session.journal().load(session.policy.person), name)
    if not yes:
        if not is_interactive():
            raise RefusedError(
                "discarding without a terminal needs --yes", fix=f"magicloop draft discard {name} --yes"
            )
        if not click.confirm(f"Discard {found.subject!r} to {', '.join(found.to)}?", default=False):
            say("Kept.")
            return
    with session.bench() as bench:
        review.discard(bench, review.find_draft(bench.recorded, found.id), reason)
    say(f"Discarded. Its words stay: magicloop draft show {found.id[:6]}")


@draft.command()
@click.argument("name", metavar="ID")
@click.option(
    "--until", required=True, metavar="WHEN", help="2026-12-01, 14:30, +2d, +3h, or 'tomorrow 3pm'."
)
@click.pass_obj
def snooze(session: Session, name: str, until: str) -> None:
    """Put a draft off. Promises and expiry stay as they are."""
    from automations.cli.when import parse_when
    from automations.desk import review
    from automations.plan.zones import say_when

    zone = session.policy.me.zone
    instant = parse_when(until, session.clock.now(), zone)
    with session.bench() as bench:
        review.snooze(bench, review.find_draft(bench.recorded, name), instant)
    say(f"Put off until {say_when(instant, zone, with_zone=True)}.")


@draft.command("open")
@click.argument("name", metavar="ID")
@click.option("--print", "only_print", is_flag=True, help="Print what would be opened; open nothing.")
@click.pass_context
def open_draft(ctx: click.Context, name: str, *, only_print: bool) -> None:
    """Open a draft in your mail program, or in what mail.open_with names."""
    from automations.cli.opening import open_copy
    from automations.desk.review import find_draft

    session: Session = ctx.obj
    found = find_draft(session.reading_journal().load(session.policy.person), name)
    if not open_copy(session, found, only_print=only_print):
        ctx.exit(ExitCode.ERROR)


@draft.command()
@click.argument("name", metavar="ID")
@click.option("--sent/--not-sent", default=None, required=True, help="Whether the mail went out.")
@click.pass_obj
def resolve(session: Session, name: str, *, sent: bool) -> None:
    """Say whether a mail that was handed over to you went out."""
    from automations.desk import review

    with session.bench() as bench:
        found = review.find_draft(bench.recorded, name)
        review.resolve(bench, found, sent=sent)
    say("Noted: it went out." if sent else "Noted: it did not go out.")
