"""`web`: the review as a page in the browser of this machine."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

import click

from automations.cli.output import say

if TYPE_CHECKING:
    from automations.wiring import Session


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The port; a free one where none is given.")
@click.option("--no-open", is_flag=True, help="Only print the address; open no browser.")
@click.pass_obj
def web(session: Session, port: int | None, *, no_open: bool) -> None:
    """Review in the browser: the same cards, queue and acts as a page.

    It answers this machine alone, by a link that is good once. What you approve leaves when its
    undo time is over, as long as the page is open; else with the next run. It closes when nobody
    has used it for 15 minutes, or with Ctrl-C.
    """
    from automations.cli.output import is_interactive
    from automations.errors import MagicloopError
    from automations.web.serve import TICK, Page
    from automations.wiring import Session as Opened

    def opened() -> Session:
        return Opened(session.places, session.clock)

    session.config()  # what is wrong with it or the journal is said here, not on a page
    with closing(opened()) as looking:
        looking.reading_journal()
    try:
        page = Page(opened, port or 0)
    except (OSError, SystemExit) as error:
        raise MagicloopError(
            f"port {port} is not free", where="127.0.0.1", fix="magicloop web    (it finds a free one)"
        ) from error
    with page:
        say(page.link)
        say("The link is good once. Ctrl-C closes the page.")
        if not no_open and is_interactive():
            click.launch(page.link)
        with suppress(KeyboardInterrupt):
            while page.tick():
                session.clock.sleep(TICK)
            say("Nobody used the page for 15 minutes, so it is closed. Open it again: magicloop web")
