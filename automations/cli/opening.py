"""Opens a draft in the person's mail program, or says what would be opened."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from automations.cli.draft_commands import copy_path, state_words
from automations.cli.output import is_interactive, say
from automations.errors import RefusedError

if TYPE_CHECKING:
    from automations.desk.handing import Opening
    from automations.model.records import Draft
    from automations.wiring import Session

PATIENCE = 30
"""Seconds a script may take that hands a mail over."""


def open_copy(session: Session, draft: Draft, *, only_print: bool) -> bool:
    """Open a draft where the person can send it; tell whether that worked.

    :raises RefusedError: there is no copy, or its words outside are not those known here.
    """
    opening = _opening(session, draft)
    if only_print or not is_interactive():
        say(_printed(opening))
        return True
    if opening.loses:
        from automations.desk.review import find_draft, refreshed

        # What is passed on are words, not the file: those of the file count, as everywhere.
        with session.bench() as bench:
            draft, _ = refreshed(bench, find_draft(bench.recorded, draft.id))
        opening = _opening(session, draft)
    if not _opened(opening):
        say(f"No program opened it; it is {copy_path(session, draft)}")
        return False
    without = f", without {opening.loses}" if opening.loses else ""
    say(f"Opened in {opening.words}{without}.")
    return True


def _opening(session: Session, draft: Draft) -> Opening:
    import shutil

    from automations.desk.handing import opening_of

    path = copy_path(session, draft)
    if not path:
        raise RefusedError(
            f"this draft is {state_words(draft, session.clock.now())} and has no file",
            fix="magicloop draft list",
        )
    return opening_of(
        draft,
        path,
        program=session.policy.mail.open_with,
        platform=sys.platform,
        installed=lambda name: shutil.which(name) is not None,
    )


def _printed(opening: Opening) -> str:
    import shlex

    return opening.target or shlex.join(opening.command)


def _opened(opening: Opening) -> bool:
    """Open it; a program that stays open is not waited for, a script is."""
    if opening.target:
        return click.launch(opening.target) == 0
    import subprocess

    program, *words = opening.command
    try:
        begun = subprocess.Popen(  # noqa: S603 - a program of ours to choose, the mail's words are arguments
            [program, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return not opening.script or begun.wait(PATIENCE) == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
