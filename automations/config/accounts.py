"""The part of the config spec that says where calendar and mail are kept."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from automations.config.keys import MANY, NAME, PATH, PathText, Table, key
from automations.model.policy import MailSettings, SmtpSettings

_MAIL = MailSettings()
_SMTP = SmtpSettings()


class Calendar(Table, frozen=True):
    """Your calendar: where your meetings are read and your blocks are written."""

    provider: Annotated[
        Literal["local", "google"],
        key("What keeps the calendar: local is .ics files, google is Google Calendar (see [google])."),
    ] = "local"
    busy: Annotated[
        tuple[PathText, ...],
        key(
            "Files or folders of .ics calendars whose meetings are kept clear; only read, never changed.",
            max_length=MANY,
            examples=[["~/calendars/work.ics"]],
        ),
    ] = ()
    file: Annotated[
        str,
        key(
            "The .ics file your blocks are written to.",
            max_length=PATH,
            examples=["~/calendars/invention.ics"],
            extra={"form": "path", "unset": "invention.ics in the data folder"},
        ),
    ] = ""
    visibility: Annotated[
        Literal["default", "private"], key("Whether others may read what a block is about.")
    ] = "default"
    calendars: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=254)], ...],
        key(
            "Google calendars whose meetings are kept clear, by id; primary is your own.",
            min_length=1,
            max_length=50,
            examples=[["primary", "team@example.com"]],
        ),
    ] = ("primary",)
    event_type: Annotated[
        Literal["auto", "focus", "default"],
        key(
            "What a block is on Google Calendar; auto takes focus time where the account has it, else a plain event."
        ),
    ] = "auto"


class Mail(Table, frozen=True):
    """Your mail: where drafts are put for you to read. Nothing is sent that you have not approved."""

    provider: Annotated[
        Literal["local", "google"],
        key("What keeps the drafts: local is .eml files, google is Gmail (see [google])."),
    ] = "local"
    folder: Annotated[
        str,
        key(
            "The folder the .eml drafts are written to.",
            max_length=PATH,
            examples=["~/Drafts"],
            extra={"form": "path", "unset": "drafts in the data folder"},
        ),
    ] = ""
    mode: Annotated[
        Literal["draft-only", "approve"],
        key("draft-only: you send every mail yourself. approve: what you approved is sent from here, once."),
    ] = "draft-only"
    undo_seconds: Annotated[
        int, key("Seconds an approved mail waits, so that you can take it back.", ge=0, le=600)
    ] = _MAIL.undo_seconds
    open_with: Annotated[
        Literal["auto", "file", "thunderbird", "apple-mail", "gmail", "outlook", "mailto"],
        key(
            "What draft open opens an .eml draft with. auto: Apple Mail on a Mac, else what opens .eml files; "
            "gmail and outlook: a new mail in the browser."
        ),
    ] = "auto"


class Limits(Table, frozen=True):
    """What never to exceed, whatever else is asked for."""

    mails_per_run: Annotated[
        int, key("How many approved mails one run may send; the others wait for the next.", ge=1, le=50)
    ] = _MAIL.mails_per_run


class Google(Table, frozen=True):
    """Your Google account, where calendar.provider or mail.provider is google. First: magicloop connect google."""

    client_file: Annotated[
        str,
        key(
            "The OAuth client you made (type Desktop), as downloaded; used by connect only.",
            max_length=PATH,
            examples=["~/Downloads/client_secret_123.json"],
            extra={"form": "path", "unset": "the newest client_secret_*.json in Downloads"},
        ),
    ] = ""
    token_file: Annotated[
        str,
        key(
            "Where the sign-in is kept, readable by you alone.",
            max_length=PATH,
            examples=["~/.config/magicloop/google-token.json"],
            extra={"form": "path", "unset": "google-token.json in the data folder"},
        ),
    ] = ""
    service_account: Annotated[
        str,
        key(
            "A service account's key file with delegation for me.email, in place of a sign-in; for fleets.",
            max_length=PATH,
            examples=["/etc/magicloop/service-account.json"],
            extra={"form": "path", "unset": "none"},
        ),
    ] = ""
    api_endpoint: Annotated[
        str,
        key(
            "For tests: an emulator on this machine that stands in for Google.",
            max_length=200,
            examples=["http://127.0.0.1:8085"],
            extra={"form": "loopback", "unset": "Google itself"},
        ),
    ] = ""


SecretFile = Annotated[
    str,
    key(
        "A file, readable by you alone, whose first line it is.",
        max_length=PATH,
        extra={"form": "path", "unset": "none"},
    ),
]
SecretCommand = Annotated[
    str,
    key(
        "A program and its arguments, run without a shell, that prints it, such as pass show mail.",
        max_length=PATH,
        extra={"form": "command", "unset": "none", "secret": True},
    ),
]


class Password(Table, frozen=True):
    """Where the password is kept, by one of three; the password itself has no place in this file."""

    CURE: ClassVar[str] = (
        'write where it is kept: password = {env = "NAME"}, {file = "PATH"} or {command = "PROGRAM"}'
    )

    env: Annotated[
        str,
        key(
            "The environment variable that holds it.",
            max_length=NAME,
            examples=["MAGICLOOP_SMTP_PASSWORD"],
            extra={"form": "variable", "unset": "none"},
        ),
    ] = ""
    file: SecretFile = ""
    command: SecretCommand = ""


class NoticeUrl(Password, frozen=True):
    """Where an address of Apprise is kept, by one of three: such addresses hold passwords."""

    CURE: ClassVar[str] = (
        'write where it is kept: url = {env = "NAME"}, {file = "PATH"} or {command = "PROGRAM"}'
    )


class Notify(Table, frozen=True):
    """Notices that something waits: how many mails, never a word of them, and no link that sends."""

    desktop: Annotated[bool, key("Show notices on this machine's desktop.")] = False
    url: NoticeUrl = NoticeUrl()


class PingUrl(Table, frozen=True):
    """The address a monitor gave you: ping_url = "https://..." below [monitor], or where it is kept, by one of these."""

    PLAIN: ClassVar[str] = "url"
    CURE: ClassVar[str] = (
        'write ping_url = "https://...", or where it is kept: {env = "NAME"}, {file = "PATH"} or '
        '{command = "PROGRAM"}'
    )

    url: Annotated[
        str,
        key(
            "The address itself; whoever has it can say in your name that all is well.",
            max_length=PATH,
            examples=["https://hc-ping.com/your-check"],
            extra={"form": "ping", "unset": "none", "secret": True},
        ),
    ] = ""
    env: Annotated[
        str,
        key(
            "The environment variable that holds it.",
            max_length=NAME,
            extra={"form": "variable", "unset": "none"},
        ),
    ] = ""
    file: SecretFile = ""
    command: SecretCommand = ""


class Monitor(Table, frozen=True):
    """A service outside that raises the alarm when runs stop or fail. It gets an exit code, never a word more."""

    style: Annotated[
        Literal["auto", "healthchecks", "uptime-kuma", "plain"],
        key(
            "How it is told. healthchecks: ADDRESS/start, ADDRESS, ADDRESS/EXIT-CODE. uptime-kuma: status=up or "
            "down. plain: ADDRESS when all is well, else nothing. auto: by the address, one of the first two."
        ),
    ] = "auto"
    ping_url: PingUrl = PingUrl()


class Smtp(Table, frozen=True):
    """The mail server that sends what you approved, where mail.mode is approve and mail.provider is local."""

    host: Annotated[
        str,
        key(
            "Its name.",
            max_length=253,
            examples=["smtp.example.com"],
            extra={"form": "host", "unset": "none"},
        ),
    ] = ""
    port: Annotated[
        int, key("Its port; 0 takes 587 for starttls, 465 for tls and 25 for none.", ge=0, le=65535)
    ] = 0
    user: Annotated[
        str,
        key(
            "The name you sign in by, often your mail address.",
            max_length=254,
            examples=["sam@example.com"],
            extra={"unset": "no sign-in"},
        ),
    ] = ""
    password: Password = Password()
    security: Annotated[
        Literal["starttls", "tls", "none"],
        key("How the connection is kept private; none only for a server on this very machine."),
    ] = "starttls"
    ca_file: Annotated[
        str,
        key(
            "The certificates (PEM) trusted in place of those this machine trusts.",
            max_length=PATH,
            examples=["~/certs/corp-ca.pem"],
            extra={"form": "path", "unset": "those this machine trusts"},
        ),
    ] = ""
    timeout: Annotated[
        int,
        key(
            "Seconds the server may take for one step; at most three times that for a mail.",
            ge=1,
            le=600,
        ),
    ] = int(_SMTP.timeout)
