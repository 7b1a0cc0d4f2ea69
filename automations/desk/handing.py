"""How a draft gets into a person's mail program: the file itself, a link that composes it, or Apple's script. Pure.

What each program does with a file was looked up, not guessed: Thunderbird and Outlook for Windows open an unsent
.eml to be written on; Apple Mail only shows it; the web mails take a link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from automations.model.records import Draft

LONGEST_LINK: Final = 6_000
"""Characters of a link that browsers, systems and the web mails take without cutting it."""

APPLE_SCRIPT: Final = """\
on run argv
  set {theSubject, theBody, toCount} to {item 1 of argv, item 2 of argv, (item 3 of argv) as integer}
  tell application "Mail"
    set theMail to make new outgoing message with properties {subject:theSubject, content:theBody, visible:true}
    tell theMail
      repeat with position from 4 to count of argv
        if position <= 3 + toCount then
          make new to recipient at end of to recipients with properties {address:item position of argv}
        else
          make new cc recipient at end of cc recipients with properties {address:item position of argv}
        end if
      end repeat
    end tell
    activate
  end tell
end run
"""
"""It takes the mail's words as arguments, so that nothing in them is read as script."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One way to open a draft. `target` is a path or web address for the system to open, "" where `command` does it.

    `words` say what opens; `loses` what is not carried over, "" for nothing. A `script` ends by itself.
    """

    words: str
    target: str = ""
    command: tuple[str, ...] = ()
    loses: str = ""
    script: bool = False


def opening_of(
    draft: Draft,
    copy: str,
    *,
    program: str,
    platform: str,
    installed: Callable[[str], bool],
) -> Opening:
    """Return how to open a draft whose copy is at `copy`, a path or the address of the web mail that keeps it.

    `program` is the config's `mail.open_with`; `platform` is as `sys.platform`.
    """
    if copy.startswith("https://"):
        return Opening("your drafts in Gmail", copy)
    if program == "auto":
        program = "apple-mail" if platform == "darwin" else "file"
    if program == "apple-mail" and platform == "darwin":
        return _apple(draft)
    if program == "thunderbird" and (platform == "win32" or installed("thunderbird")):
        return Opening("Thunderbird", command=("thunderbird", copy))
    links = {"gmail": _gmail, "outlook": _outlook, "mailto": _mailto}
    if program in links:
        link = links[program](draft)
        if len(link) <= LONGEST_LINK:
            return Opening(_NAMES[program], link, loses="its formatting and thread")
    return Opening("the program for .eml files", copy)


_NAMES: Final = {
    "gmail": "Gmail in your browser",
    "outlook": "Outlook on the web",
    "mailto": "your mail program",
}


def _apple(draft: Draft) -> Opening:
    words = (draft.subject, draft.body_text, str(len(draft.to)), *draft.to, *draft.cc)
    return Opening(
        "Apple Mail",
        command=("osascript", "-e", APPLE_SCRIPT, *words),
        loses="its formatting and thread",
        script=True,
    )


def _gmail(draft: Draft) -> str:
    return f"https://mail.google.com/mail/?view=cm&fs=1&{_query(draft, subject='su', to=True)}"


def _outlook(draft: Draft) -> str:
    return f"https://outlook.office.com/mail/deeplink/compose?{_query(draft, subject='subject', to=True)}"


def _mailto(draft: Draft) -> str:
    to = ",".join(quote(address, safe="@") for address in draft.to)
    return f"mailto:{to}?{_query(draft, subject='subject', to=False)}"


def _query(draft: Draft, *, subject: str, to: bool) -> str:
    """Return what a compose link says, with line ends as mail has them."""
    parts = [("to", ",".join(draft.to))] if to else []
    parts += [("cc", ",".join(draft.cc))] if draft.cc else []
    parts += [(subject, draft.subject), ("body", draft.body_text.replace("\n", "\r\n"))]
    return "&".join(f"{name}={quote(words, safe='@,')}" for name, words in parts)
