"""What the lint found in a draft, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.cli.output import heading, prose

if TYPE_CHECKING:
    from automations.compose.lint import Finding
    from automations.model.records import Draft, Recorded
    from automations.wiring import Session


def lint_json(session: Session, draft: Draft, recorded: Recorded) -> list[dict[str, object]]:
    """Return the findings as the contract's fields, with the words marked and the cure."""
    return [
        {
            "code": found.code,
            "severity": found.level.value,
            "message": found.message,
            "cure": found.cure,
            "marks": [
                {"part": mark.part, "start": mark.start, "end": mark.end, "words": words}
                for mark, words in zip(found.marks, _marked(found, draft), strict=True)
            ],
        }
        for found in _findings(session, draft, recorded)
    ]


def print_lint(session: Session, draft: Draft, recorded: Recorded) -> None:
    """Print the findings, errors first, each with the words it is about and its cure; nothing where there are none."""
    found = _findings(session, draft, recorded)
    if not found:
        return
    heading("Before you approve")
    prose([(f"  {each.level.value}", _sentence(each, draft)) for each in found])


def _findings(session: Session, draft: Draft, recorded: Recorded) -> tuple[Finding, ...]:
    """Return the findings of a draft that may still be changed; what went, or ended, is not judged."""
    from automations.desk.linting import lint_of
    from automations.plan.lifecycle import FINAL

    return () if draft.state in FINAL else lint_of(draft, recorded, session.policy)


def _sentence(found: Finding, draft: Draft) -> str:
    quoted = ", ".join(f'"{words}"' for words in _marked(found, draft))
    about = f": {quoted}" if quoted else ""
    return f"{found.message}{about}; {found.cure}  [{found.code}]"


def _marked(found: Finding, draft: Draft) -> list[str]:
    parts = {"subject": draft.subject, "body": draft.body_text}
    return [" ".join(parts[mark.part][mark.start : mark.end].split()) for mark in found.marks]
