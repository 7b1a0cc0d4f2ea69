"""`connect google` and `disconnect google`: the person's own sign-in, one step a screen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from automations.cli.output import heading, is_interactive, paragraph, say, table
from automations.errors import RefusedError

if TYPE_CHECKING:
    from automations.providers.google.account import Account, Feature
    from automations.providers.google.auth import Token
    from automations.wiring import Session

CONSOLE = "https://console.cloud.google.com"
STEPS = (
    (
        "Make a project of your own",
        f"{CONSOLE}/projectcreate",
        "Any name will do. It is yours alone: nobody else's program ever gets at your account.",
    ),
    (
        "Switch on the Calendar API",
        f"{CONSOLE}/apis/library/calendar-json.googleapis.com",
        "Press Enable. Skip this step if your calendar stays local.",
    ),
    (
        "Switch on the Gmail API",
        f"{CONSOLE}/apis/library/gmail.googleapis.com",
        "Press Enable. Skip this step if your mail stays local.",
    ),
    (
        "Give the app a name",
        f"{CONSOLE}/auth/branding",
        "Name: magicloop. Both mail addresses: your own. Audience: Internal for a Workspace account, else External.",
    ),
    (
        "Publish the app",
        f"{CONSOLE}/auth/audience",
        "External: press Publish app. While it says Testing, Google ends every sign-in after 7 days.",
    ),
    (
        "Make the client",
        f"{CONSOLE}/auth/clients",
        "Create client, type Desktop app. Then Download JSON; the file is found in your Downloads folder.",
    ),
)
WARNING = (
    "Google will say that it has not verified this app: it is your own. Press Advanced, then Go to magicloop, and "
    "tick every box."
)
PUBLISHED = (
    "Is the app In production, or Internal? (While it is in Testing, the sign-in would die in 7 days.)"
)


@click.group()
def connect() -> None:
    """Sign in where calendar and mail are kept."""


@connect.command("google")
@click.option("--client-file", metavar="FILE", help="The OAuth client you downloaded (type Desktop).")
@click.option("--published", is_flag=True, help="The app is In production, or Internal: do not ask.")
@click.option("--no-browser", is_flag=True, help="Print the page's address; paste back where it ends.")
@click.option("--paste", metavar="ADDRESS", help="The address the consent page ended at, after --no-browser.")
@click.option("--read-mail", is_flag=True, help="Also ask to read mail: tells sent drafts from deleted ones.")
@click.option(
    "--export", "export_to", metavar="FILE", help="Write this sign-in to FILE, for another machine."
)
@click.option("--import", "import_from", metavar="FILE", help="Take over a sign-in that another wrote.")
@click.pass_obj
def connect_google(
    session: Session,
    client_file: str | None,
    *,
    published: bool,
    no_browser: bool,
    paste: str | None,
    read_mail: bool,
    export_to: str | None,
    import_from: str | None,
) -> None:
    """Sign in to Google with a client of your own, step by step.

    It asks only for what the config uses, and keeps the sign-in in a file that you alone can read. For a
    machine without a browser: sign in on another one, --export there, carry the file over, --import here.
    """
    from automations.providers.google import consent

    account = session.google_account()
    if export_to:
        _export(account, export_to)
        return
    wanted = account.features(read_mail=read_mail)
    if import_from:
        _keep(account, wanted, account.read_exported(_as_typed(import_from)))
        say(f"Delete the copy now: rm {_as_typed(import_from)}")
        return
    now = session.clock.now()
    if paste:
        _keep(account, wanted, consent.finish_paste(account.pending, paste, now))
        return
    client = consent.read_client(_client_file(session, client_file))
    _insist_on_publishing(published=published)
    scopes = tuple(scope for one in wanted for scope in one.ask)
    heading("The consent page")
    paragraph(WARNING)
    email = session.policy.me.email
    if not no_browser and _has_browser():
        token = consent.by_browser(client, scopes, now, _open, hint=email)
        _keep(account, wanted, token)
        return
    url = consent.begin_paste(client, scopes, account.pending, hint=email)
    say(f"\nOpen this in a browser, on any machine:\n\n{url}\n")
    paragraph(
        f"It ends at a page that cannot be shown, {consent.NOWHERE}/... Copy the whole address of that page."
    )
    if not is_interactive():
        say("\nThen type: magicloop connect google --paste 'ADDRESS'")
        return
    answer = click.prompt("The address")
    _keep(account, wanted, consent.finish_paste(account.pending, answer, now))


@click.group()
def disconnect() -> None:
    """Take a sign-in back."""


@disconnect.command("google")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def disconnect_google(session: Session, *, yes: bool) -> None:
    """Take the sign-in back at Google and delete its file. Blocks and drafts stay where they are."""
    account = session.google_account()
    if not yes:
        if not is_interactive():
            raise RefusedError(
                "disconnecting without a terminal needs --yes", fix="magicloop disconnect google --yes"
            )
        if not click.confirm("Take the sign-in back and delete its file?", default=False):
            say("Kept.")
            return
    known = account.revoke()
    say("Taken back at Google." if known else "Google knew nothing of it any more.")
    account.forget()
    say(f"Deleted: {account.path}")


def _client_file(session: Session, named: str | None) -> str:
    """Return the downloaded client: as named, as configured, or the newest in Downloads, after the steps."""
    from automations.providers.google.consent import newest_client

    downloads = os.path.expanduser("~/Downloads")  # noqa: PTH111 - as a person would say it
    given = named or session.policy.google.client_file
    if given:
        return _as_typed(given)
    found = newest_client(downloads)
    if not found and is_interactive():
        _walk()
        found = newest_client(downloads)
    if not found:
        steps = "; ".join(f"{title.lower()}: {url}" for title, url, _ in STEPS)
        raise RefusedError(
            f"there is no OAuth client yet ({steps})",
            where=f"{downloads}/client_secret_*.json",
            fix="magicloop connect google --client-file FILE --published",
        )
    say(f"OAuth client: {found}")
    return found


def _as_typed(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - as a shell would take it


def _export(account: Account, path: str) -> None:
    place = _as_typed(path)
    account.export(place)
    say(f"Written: {place}")
    paragraph(
        "It lets whoever has it act as you in Google. Carry it over by a safe way (scp), then on the other machine:"
    )
    say(f"  magicloop connect google --import {os.path.basename(place)}")  # noqa: PTH119 - a name to type
    say(f"and delete it here: rm {place}")


def _walk() -> None:
    """Lead through the console, one step a screen; Enter goes on."""
    for number, (title, url, words) in enumerate(STEPS, start=1):
        click.clear()
        heading(f"{number} of {len(STEPS)}: {title}")
        say(url)
        paragraph(words)
        if _has_browser() and click.confirm("Open it now?", default=True):
            click.launch(url)
        click.prompt("Enter when done", default="", show_default=False)


def _insist_on_publishing(*, published: bool) -> None:
    if published:
        return
    audience = STEPS[4][1]
    refused = RefusedError(
        "in Testing, Google would end the sign-in after 7 days, also if the app is published later",
        where=audience,
        fix="press Publish app there (or make it Internal), then: magicloop connect google --published",
    )
    if not is_interactive() or not click.confirm(PUBLISHED, default=False):
        raise refused


def _has_browser() -> bool:
    """Tell whether a browser would open where the person sits."""
    import sys

    away = "SSH_CONNECTION" in os.environ
    screen = sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return screen and not away


def _open(url: str) -> None:
    say(f"\nIf no browser opens, open this:\n\n{url}\n")
    click.launch(url)


def _keep(account: Account, wanted: tuple[Feature, ...], token: Token) -> None:
    address, lacking = account.keep(token, wanted)
    say(f"Signed in{f' as {address}' if address else ''}. Kept in {account.path}")
    for one in lacking:
        say(f"Not granted: {one.name}. Its box was left unticked.")
    if lacking:
        say("To grant it: magicloop connect google, with every box ticked")
    table([("magicloop doctor", "see that all is well"), ("magicloop run", "do what is due")])
