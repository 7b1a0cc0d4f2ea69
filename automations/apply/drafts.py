"""Carrying out what concerns a draft: its words, its bytes, its copy at the provider."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from automations.apply.carrying import carry_out, note
from automations.compose.html import text_to_html
from automations.compose.mime import Letter, build_mime, hash_of, message_id_for, read_mime
from automations.errors import ConflictError, RefusedError
from automations.model.records import Draft, DraftState, LogEntry, Outcome
from automations.model.similarity import too_similar
from automations.plan.actions import CreateDraft, RemoveCopy, UpdateDraft
from automations.plan.approvals import voided
from automations.plan.drafts import html_is_behind, same_words
from automations.plan.lifecycle import FINAL, Event, step
from automations.ports import AlreadySentError, MailCopy

if TYPE_CHECKING:
    from automations.apply.carrying import Bench, Result
    from automations.model.records import Recorded
    from automations.model.seen import SeenDraft
    from automations.model.words import Words
    from automations.plan.actions import AdoptDraft, CloseDraft, NoteCopy, ReopenDraft, RestoreDraft


WORDINGS_TRIED = 5
"""More than a template has; the last ones begin again."""

LEFT = "its copy was edited by hand, so it stays"


def create_draft(bench: Bench, action: CreateDraft) -> Result:
    """Make the words, write them down, then put the copy in place."""
    draft = action.draft or _render(bench, action)
    creating = replace(draft, state=DraftState.CREATING, rev=draft.rev + 1)
    return carry_out(
        bench,
        action,
        before=(creating,),
        effect=lambda: _made(bench, creating),
        done=lambda made: (_placed_or_sent(bench, creating, made),),
        undone=lambda *_: (replace(creating, state=DraftState.RENDERED, rev=creating.rev + 1),),
        detail=lambda made: str(made) if isinstance(made, AlreadySentError) else action.reason,
    )


def restore_draft(bench: Bench, action: RestoreDraft) -> Result:
    """Write a draft's copy again whose folder is gone."""
    return carry_out(
        bench,
        action,
        effect=lambda: bench.world.mailbox.create(_copy(action.draft)),
        done=lambda seen: (_placed(action.draft, seen),),
        until_done=True,
    )


def update_draft(bench: Bench, action: UpdateDraft) -> Result:
    """Bring the copy in line with new words; they are written down with the claim."""
    draft = action.draft
    return carry_out(
        bench,
        action,
        before=(draft, *action.voided) if action.new_words else (),
        effect=lambda: bench.world.mailbox.update(draft.provider_id, _copy(draft), revision=draft.remote),
        done=lambda seen: (_placed(draft, seen),),
    )


def remove_copy(bench: Bench, action: RemoveCopy) -> Result:
    """Take the copy of a draft at its end out of the provider; one that was edited there is left for good."""
    draft = action.draft

    def removed() -> bool:
        try:
            bench.world.mailbox.delete(draft.provider_id, revision=draft.remote)
        except ConflictError:
            return False
        return True

    return carry_out(
        bench,
        action,
        effect=removed,
        done=lambda _: (replace(draft, provider_id="", rev=draft.rev + 1),),
        detail=lambda gone: action.reason if gone else f"{action.reason}; {LEFT}",
    )


def close_draft(bench: Bench, action: CloseDraft) -> tuple[Result, ...]:
    """Record where a draft goes by a rule; at its end its copy goes too."""
    draft = replace(
        action.draft, state=DraftState(action.state), reason=action.reason, rev=action.draft.rev + 1
    )
    noted = note(bench, action, (draft, *voided(bench.recorded, draft)))
    if draft.state not in FINAL or not draft.provider_id:
        return (noted,)
    return (noted, remove_copy(bench, RemoveCopy(draft, action.reason)))


def reopen_draft(bench: Bench, action: ReopenDraft) -> tuple[Result, ...]:
    """Write the words of a draft that ended before its time down as the next of its purpose, then make its copy.

    What was put off stays so. Its bytes are made anew: they carry their draft's id.
    """
    old = action.draft
    ref = _next_id(bench, old.key)
    again = replace(
        old,
        id=ref,
        state=DraftState.RENDERED,
        created=bench.world.clock.now(),
        rev=1,
        text_rev=1,
        previous_text="",
        provider_id="",
        remote="",
        reason=action.reason,
        message_id=message_id_for(ref, old.sender),
    )
    draft = _with_bytes(bench, again)
    noted = note(bench, action, (draft,))
    making = CreateDraft(draft.key, draft.kind, "", {}, draft.to, action.reason, draft=draft)
    return (noted, create_draft(bench, making))


def adopt_draft(bench: Bench, action: AdoptDraft) -> tuple[Result, ...]:
    """Take over the person's own words. Where only the text part was edited, the HTML part follows it."""
    seen, old = action.seen, action.draft
    stale_html = html_is_behind(old, seen)
    draft = replace(
        reworded(
            bench,
            old,
            subject=seen.subject,
            body_text=seen.body_text,
            body_html=text_to_html(seen.body_text) if stale_html else seen.body_html,
            to=seen.to,
            cc=seen.cc,
        ),
        provider_id=seen.provider_id,
        remote=seen.revision,
    )
    noted = note(bench, action, (draft, *voided(bench.recorded, draft)))
    if not stale_html:
        return (noted,)
    return (noted, update_draft(bench, UpdateDraft(draft, "the HTML part follows the text")))


def note_copy(bench: Bench, action: NoteCopy) -> Result:
    """Record where a copy is by now, and which bytes it has; whatever was said of its words stands."""
    seen, old = action.seen, action.draft
    draft = replace(old, provider_id=seen.provider_id, remote=seen.revision, rev=old.rev + 1)
    return note(bench, action, (draft,))


def reworded(
    bench: Bench,
    draft: Draft,
    *,
    subject: str,
    body_text: str,
    body_html: str,
    to: tuple[str, ...],
    cc: tuple[str, ...],
) -> Draft:
    """Return the draft's next revision with these words: back to waiting, bytes and hash made anew.

    :raises HeaderFaultError: a header may not stand in a mail.
    """
    next_draft = replace(
        draft,
        state=DraftState.WAITING if draft.state is DraftState.APPROVED else draft.state,
        subject=subject,
        body_text=body_text,
        body_html=body_html,
        to=to,
        cc=cc,
        previous_text=draft.body_text,
        text_rev=draft.text_rev + 1,
        handed_over=None,
        rev=draft.rev + 1,
    )
    return _with_bytes(bench, next_draft)


def draft_id(person: str, key: str, generation: int) -> str:
    """Return a draft's lasting id: the same purpose and generation always give the same."""
    return hashlib.sha256(f"{person}|{key}|{generation}".encode()).hexdigest()[:12]


def purpose_of(recorded: Recorded, key: str) -> str:
    """Return what a purpose key stands for, also on another machine of the person's.

    Incidents and promises are numbered by each journal, so that the same number there is another one: the
    instant they were made at tells them apart.
    """
    named = set(key.split(":"))
    made = [each.opened for each in recorded.incidents if each.id in named]
    made += [each.made for each in recorded.promises if each.id in named]
    return "|".join((key, *(instant.isoformat() for instant in made)))


def _next_id(bench: Bench, key: str) -> str:
    """Return the id of the next draft of a purpose."""
    generation = sum(draft.key == key for draft in bench.recorded.drafts) + 1
    return draft_id(bench.policy.person, purpose_of(bench.recorded, key), generation)


def _render(bench: Bench, action: CreateDraft) -> Draft:
    words = _fresh_words(bench, action)
    person, now = bench.policy.person, bench.world.clock.now()
    ref, sender = _next_id(bench, action.key), bench.policy.me.email
    draft = _with_bytes(
        bench,
        Draft(
            id=ref,
            person=person,
            key=action.key,
            kind=action.draft_kind,
            state=DraftState.RENDERED,
            sender=sender,
            to=action.to,
            cc=action.cc,
            subject=words.subject,
            body_text=words.body_text,
            body_html=words.body_html,
            hash="",
            mime=b"",
            why=action.reason,
            created=now,
            expires=action.expires,
            template=action.template,
            message_id=message_id_for(ref, sender),
            thread=action.thread,
            remote_thread=action.remote_thread,
        ),
    )
    entry = LogEntry(person, now, "render-draft", action.key, Outcome.DONE, words.subject, bench.run)
    bench.world.journal.record(entry, (draft, *action.also))
    return draft


def _fresh_words(bench: Bench, action: CreateDraft) -> Words:
    """Return the mail's words in the first wording that does not repeat an earlier mail.

    :raises RefusedError: every wording does: its facts are the old ones.
    """
    facts = dict(action.facts)
    first = facts.get("wording", 0)
    for turn in range(WORDINGS_TRIED if isinstance(first, int) else 1):
        if isinstance(first, int):
            facts["wording"] = first + turn
        words = bench.world.renderer.render_mail(action.template, facts)
        if not too_similar(words.body_text, action.unlike):
            return words
    raise RefusedError(
        "it would say the same as one of the last three mails",
        where=action.key,
        fix="give it something new to say (offers.on_track, boss.offers): magicloop config edit",
    )


def bytes_to_send(bench: Bench, draft: Draft) -> bytes:
    """Return the draft as the bytes that go out: the words that were shown, dated now.

    :raises HeaderFaultError: they do not read back as what is recorded.
    """
    return build_mime(replace(_letter(bench, draft), date=bench.world.clock.now()), unsent=False)


def _letter(bench: Bench, draft: Draft) -> Letter:
    return Letter(
        sender=draft.sender,
        sender_name=bench.policy.me.name,
        to=draft.to,
        cc=draft.cc,
        subject=draft.subject,
        body_text=draft.body_text,
        body_html=draft.body_html,
        date=draft.created,
        ref=draft.id,
        message_id=draft.message_id,
        in_reply_to=draft.thread[-1] if draft.thread else "",
        references=draft.thread,
    )


def _with_bytes(bench: Bench, draft: Draft) -> Draft:
    mime = build_mime(_letter(bench, draft), unsent=True, newline=bench.world.newline)
    shown = read_mime(mime)
    # What is kept is what its reader sees, so that a copy can be compared with it word for word.
    return replace(
        draft,
        mime=mime,
        hash=hash_of(shown),
        sender=shown.sender,
        to=shown.to,
        cc=shown.cc,
        subject=shown.subject,
        body_text=shown.body_text,
        body_html=shown.body_html,
    )


def _made(bench: Bench, draft: Draft) -> SeenDraft | AlreadySentError:
    """Put a draft's copy in place; return what stands, or that its mail went before there was one here."""
    try:
        return bench.world.mailbox.create(_copy(draft))
    except AlreadySentError as error:
        return error


def _placed_or_sent(bench: Bench, draft: Draft, made: SeenDraft | AlreadySentError) -> Draft:
    if isinstance(made, AlreadySentError):
        return found_sent(bench, draft, made)
    return replace(_placed(draft, made), state=DraftState.WAITING)


def found_sent(bench: Bench, draft: Draft, error: AlreadySentError) -> Draft:
    """Return the draft at its end: its mail went from another machine."""
    sent = error.sent
    return step(
        draft,
        Event.FOUND_SENT,
        reason=str(error),
        handed_over=draft.handed_over or sent.at or bench.world.clock.now(),
        message_id=sent.message_id or draft.message_id,
        remote_thread=sent.thread or draft.remote_thread,
    )


def _placed(draft: Draft, seen: SeenDraft) -> Draft:
    """Return the draft with its copy; one with other words is read in by the next run, not taken for ours."""
    remote = seen.revision if same_words(draft, seen) else draft.remote
    return replace(draft, provider_id=seen.provider_id, remote=remote, rev=draft.rev + 1)


def _copy(draft: Draft) -> MailCopy:
    return MailCopy(
        key=draft.key,
        ref=draft.id,
        subject=draft.subject,
        created=draft.created,
        mime=draft.mime,
        thread=draft.remote_thread,
    )
