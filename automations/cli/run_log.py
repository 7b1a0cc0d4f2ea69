"""`run.log`: what the scheduler's runs said, for where their output goes nowhere (launchd) or is long gone.

Under systemd its journal keeps that already. A run with nothing due writes nothing, and loads none of this.
"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import click

from automations.cli.group import bug_in
from automations.cli.output import goes_to_journal
from automations.cli.stopping import ToldToStop
from automations.errors import MagicloopError
from automations.model.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from automations.wiring import Session

LARGEST = 256 * 1024
"""Bytes after which the file is put aside as run.log.1, in place of the one before."""


class RunLog:
    """Adds lines to the file, each with its instant (UTC); what cannot be written is left out: it stops no run."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, level: str, lines: Iterable[str]) -> None:
        """Add lines of one level: error, warning, notice or info. Nothing is made where there is no data folder."""
        folder = self._session.places.data
        if goes_to_journal() or not os.path.isdir(folder):  # noqa: PTH112 - as the rest of the fast path's code
            return
        import logging

        from automations.store.private_log import PrivateLog

        at = f"{self._session.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        with suppress(OSError):  # a full disk shows when the file is opened, and again when it is closed
            handler = PrivateLog(self._session.places.run_log, maxBytes=LARGEST, backupCount=1)
            with closing(handler):
                for line in lines:
                    text = f"{at} {level:<7} {visible(line.removeprefix(f'{level}: '))}"
                    handler.handle(logging.makeLogRecord({"msg": text}))


@contextmanager
def run_log(session: Session) -> Iterator[RunLog]:
    """Give the log, and add to it whatever error ends what is done within."""
    log = RunLog(session)
    try:
        yield log
    except MagicloopError as error:
        where = [f"  where: {error.where}"] if error.where else []
        log.add(
            "error", [*error.what.splitlines(), *where, *([f"  fix:   {error.fix}"] if error.fix else [])]
        )
        raise
    except (ToldToStop, KeyboardInterrupt, click.Abort):
        log.add("notice", ["told to stop; the next run finishes what was begun"])
        raise
    except Exception as error:
        bug = bug_in(error, ["run"])
        log.add("error", [bug.what, f"  where: {bug.where}"])
        raise
