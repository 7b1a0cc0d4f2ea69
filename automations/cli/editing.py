"""A draft in the person's editor: headers above, text below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automations.cli.kept_words import Writing, in_editor, kept, text_of
from automations.cli.output import is_interactive, show_error
from automations.compose.addresses import split_addresses
from automations.desk import review
from automations.errors import MagicloopError, RefusedError

if TYPE_CHECKING:
    from automations.model.records import Draft
    from automations.wiring import Session

HINT = "# Lines above the first empty line are headers. Save and close to keep, delete all to leave it."


def reword_in_editor(session: Session, draft: Draft) -> Draft:
    """Change a draft in $EDITOR; return it as it then is, with the same `text_rev` where nothing changed.

    The editor is open without holding the lock, so the draft is looked at again afterwards.

    :raises MagicloopError: nothing changed; what was written by then is kept in a file that the error names.
    """
    words, writing = edit_until_right(session, draft)
    if words == review.NewWords():
        return draft
    with kept(session, writing), session.bench() as held:
        bench, current, changed = review.standing(held, draft.id)
        if changed is not None or current.text_rev != draft.text_rev:
            raise RefusedError(
                "it changed while you were editing",
                fix=f"put both together there (magicloop draft show {draft.id[:6]})",
            )
        return review.edit(bench, current, words)


def edit_until_right(session: Session, draft: Draft) -> tuple[review.NewWords, Writing]:
    """Open the draft in $EDITOR, again with what was written as long as that cannot be read and the person wants.

    :raises RefusedError: there is no terminal or no editor, or what was saved last cannot be read; it is kept.
    """
    again = f"magicloop draft edit {draft.id[:6]}"
    if not is_interactive():
        raise RefusedError(
            "there is no terminal for an editor", fix=f"{again} --subject ... --body-file FILE"
        )
    first = Writing(as_text(draft).encode(), again, f"draft-{draft.id[:6]}", suffix=".eml.txt")
    writing = first
    while True:
        saved = in_editor(session, writing, untouched=first.content)
        if (saved is None and writing is first) or (saved is not None and not saved.content.strip()):
            return review.NewWords(), first
        writing = saved or writing
        with kept(session, writing):
            try:
                words = from_text(text_of(writing))
                review.addressed(draft, words)
            except MagicloopError as error:
                show_error(error, as_json=False)
                if not click.confirm("Back to the editor, with what you wrote?", default=True):
                    raise RefusedError("nothing changed") from None
            else:
                return words, writing


def as_text(draft: Draft) -> str:
    """Return the draft as it is put into the editor."""
    headers = [HINT, f"To: {', '.join(draft.to)}", f"Cc: {', '.join(draft.cc)}", f"Subject: {draft.subject}"]
    return "\n".join([*headers, "", draft.body_text.rstrip("\n"), ""])


def from_text(saved: str) -> review.NewWords:
    """Read what the editor saved, or a file like it.

    :raises RefusedError: a line above the text is no header.
    """
    head, _, body = saved.replace("\r\n", "\n").partition("\n\n")
    found: dict[str, str] = {}
    for number, line in enumerate(head.split("\n"), 1):
        if line.startswith("#") or not line.strip():
            continue
        key, colon, value = line.partition(":")
        if not colon or key.strip().lower() not in ("to", "cc", "subject"):
            raise RefusedError(
                f"line {number} is no header: {line[:40]!r}",
                fix="write To:, Cc: or Subject:, and leave an empty line before the text",
            )
        found[key.strip().lower()] = value.strip()
    return review.NewWords(
        subject=found.get("subject"),
        body_text=body,
        to=split_addresses(found["to"]) if "to" in found else None,
        cc=split_addresses(found["cc"]) if "cc" in found else None,
    )
