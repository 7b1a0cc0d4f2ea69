"""An incident as a form in the person's editor: one `name: text` a line, what is missing marked.

What was typed is never lost: a form that cannot be used is kept in a file that the error names, and
`--form FILE` takes it from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from automations.cli.kept_words import Writing, in_editor, kept, text_of
from automations.cli.output import is_interactive
from automations.errors import BadValueError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automations.model.records import Incident, Recorded
    from automations.wiring import Session

HINT = (
    "# One `name: text` a line; text may go on in the lines below. Lines that begin with # are left out.",
    "# Save and close to record it; delete everything to leave it.",
)
_FIRST = {
    "title": "What went wrong, in a few words.",
    "severity": "1 (worst) to 4. In doubt take the worse.",
    "impact": "Who is hit, in numbers; or 'unknown, measuring by 15:00'.",
    "started": "When it began (14:05, 2026-11-23T14:05); now if left out.",
    "owner": "Who owns the repair; you if left out.",
    "audience": "exec:a@example.com,b@example.com tactical:c@example.com; the config's if left out.",
}
_ALWAYS = {
    "now": "What is being done now, and by whom.",
    "next": "The next concrete step.",
    "known": "What is known for sure.",
    "suspected": "What is only suspected.",
    "unknown": "What is not known yet.",
    "need": "The one decision you need, with its deadline.",
}
OPENING = {**_FIRST, **_ALWAYS}
UPDATE = {
    "phase": "investigating, identified or monitoring.",
    "severity": _FIRST["severity"],
    "impact": _FIRST["impact"],
    "changed": "What changed since the last update; empty: nothing.",
    **_ALWAYS,
    "ruled-out": "What was ruled out.",
}
NEEDED = frozenset({"title", "severity", "impact", "now", "next"})
"""Marked when empty: without them a mail has to say that it is not known yet."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a form asks for, each field with its meaning, and the words it is filled with."""

    head: str
    fields: Mapping[str, str]
    filled: Mapping[str, str]

    def text(self) -> str:
        """Return the form as it is put into the editor."""
        lines = [*HINT, f"# {self.head}", ""]
        for name, meaning in self.fields.items():
            value = self.filled.get(name, "")
            mark = "MISSING: " if name in NEEDED and not value else ""
            lines += [f"# {mark}{meaning}", f"{name}: {value}", ""]
        return "\n".join(lines)

    def read(self, text: str) -> dict[str, str]:
        """Return the fields of a saved form that say something.

        :raises BadValueError: a line belongs to no field, naming its number.
        """
        found: dict[str, list[str]] = {}
        last = ""
        for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
            name, colon, value = line.partition(":")
            name = name.strip().lower().replace("_", "-")
            if line.startswith("#") or not line.strip():
                continue
            if colon and name in self.fields:
                if name in found:
                    raise BadValueError(f"line {number} of the form gives {name} a second time")
                found[name], last = [value.strip()], name
            elif last:
                found[last].append(line.strip())
            else:
                raise BadValueError(f"line {number} of the form belongs to no field: {line.strip()[:40]!r}")
        joined = {name: " ".join(part for part in parts if part) for name, parts in found.items()}
        return {name: words for name, words in joined.items() if words}


def opening_form() -> Form:
    """Return the empty form of a new incident."""
    return Form("A new incident.", OPENING, {})


def update_form(recorded: Recorded, incident: Incident) -> Form:
    """Return the form of an incident's next update, filled with what was said last."""
    filled = {
        "phase": "" if incident.resolved else incident.phase.value,
        "severity": str(incident.severity),
        "impact": incident.impact,
    }
    for update in recorded.updates:
        if update.incident == incident.id:
            filled |= {name: update.fields[name] for name in _ALWAYS if update.fields.get(name)}
    return Form(f"{incident.id}: {incident.title}", UPDATE, filled)


def ask(session: Session, form: Form, given: str | None, *, again: str) -> tuple[Writing, dict[str, str]]:
    """Return a filled form and its fields: from the file `given`, else from the editor.

    :raises RefusedError: nothing was recorded, because nothing was saved, or it cannot be read.
    :raises BadValueError: a line of it belongs to no field; the text is kept.
    """
    empty = Writing(form.text().encode(), again, "incident-form", "nothing was recorded, the form is kept")
    filled = replace(empty, content=_from_file(given)) if given else _from_editor(session, empty)
    with kept(session, filled):
        return filled, form.read(text_of(filled))


def _from_editor(session: Session, empty: Writing) -> Writing:
    if not is_interactive():
        raise BadValueError("there is no terminal for a form", fix=f"{empty.again} --form FILE")
    saved = in_editor(session, empty, untouched=empty.content)
    if saved is None or not saved.content.strip():
        raise RefusedError("the form was left; nothing was recorded", fix=empty.again)
    return saved


def _from_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadValueError(
            f"the form cannot be read: {error.strerror}", where=path, fix="--form FILE"
        ) from None
