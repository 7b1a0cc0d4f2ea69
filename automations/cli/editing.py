"""A draft in the person's editor: headers above, text below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automations.cli.output import is_interactive, show_error
from automations.compose.addresses import split_addresses
from automations.desk.review import NewWords
from automations.errors import MagicloopError, RefusedError

if TYPE_CHECKING:
    from automations.model.records import Draft

HINT = "# Lines above the first empty line are headers. Save and close to keep, delete all to leave it."


def edit_until_right(draft: Draft) -> NewWords:
    """Open the draft in $EDITOR, again with what was written as long as that cannot be read and the person wants.

    :raises RefusedError: there is no terminal or no editor, or what was saved last cannot be read.
    """
    text = as_text(draft)
    while True:
        saved = _saved(draft, text)
        if not saved.strip():
            return NewWords()
        try:
            return checked(from_text(saved, draft.id[:6]))
        except MagicloopError as error:
            show_error(error, as_json=False)
            if not click.confirm("Back to the editor, with what you wrote?", default=True):
                return NewWords()
            text = saved


def checked(words: NewWords) -> NewWords:
    """Return the words if their addresses may stand in a mail.

    :raises HeaderFaultError: one may not.
    """
    from automations.compose.addresses import check_address

    for address in (*(words.to or ()), *(words.cc or ())):
        check_address(address)
    return words


def edit_in_editor(draft: Draft) -> NewWords:
    """Open the draft in $EDITOR and return what was changed.

    :raises RefusedError: there is no terminal, or what was saved cannot be read.
    """
    saved = _saved(draft, as_text(draft))
    return from_text(saved, draft.id[:6]) if saved.strip() else NewWords()


def _saved(draft: Draft, text: str) -> str:
    """Return what the editor saved, "" where it saved nothing.

    :raises RefusedError: there is no terminal, no editor, or what was saved is no text.
    """
    if not is_interactive():
        raise RefusedError(
            "there is no terminal for an editor",
            fix=f"magicloop draft edit {draft.id[:6]} --subject ... --body-file FILE",
        )
    try:
        return click.edit(text, extension=".eml.txt") or ""
    except click.ClickException as error:
        raise _no_editor(error, f"magicloop draft edit {draft.id[:6]}") from None
    except UnicodeDecodeError:
        raise RefusedError(
            "what the editor saved is no text in UTF-8; nothing changed",
            fix=f"set the editor to save as UTF-8, then: magicloop draft edit {draft.id[:6]}",
        ) from None


def open_editor(path: str, *, again: str) -> None:
    """Open a file in $EDITOR and wait until it is closed.

    :raises RefusedError: the editor cannot be started, or says it failed.
    """
    try:
        click.edit(filename=path)
    except click.ClickException as error:
        raise _no_editor(error, again) from None


def _no_editor(error: click.ClickException, again: str) -> RefusedError:
    return RefusedError(error.format_message(), fix=f"name another editor: EDITOR=nano {again}")


def as_text(draft: Draft) -> str:
    """Return the draft as it is put into the editor."""
    headers = [HINT, f"To: {', '.join(draft.to)}", f"Cc: {', '.join(draft.cc)}", f"Subject: {draft.subject}"]
    return "\n".join([*headers, "", draft.body_text])


def from_text(saved: str, name: str) -> NewWords:
    """Read what the editor saved.

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
                f"line {number} is no header: {line[:40]!r}; leave an empty line before the text",
                fix=f"magicloop draft edit {name}",
            )
        found[key.strip().lower()] = value.strip()
    return NewWords(
        subject=found.get("subject"),
        body_text=body,
        to=split_addresses(found["to"]) if "to" in found else None,
        cc=split_addresses(found["cc"]) if "cc" in found else None,
    )
