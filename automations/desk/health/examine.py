"""Makes the whole table: each check by itself, so that one that fails hides no other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.errors import MagicloopError
from automations.model.health import Row, State
from automations.rights import cure_of_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LOOK_CLOSER = "magicloop --debug doctor"


def examine(
    checks: Iterable[tuple[str, Callable[[], Iterable[Row]]]],
    tell: Callable[[Exception], None] = lambda _: None,
) -> Iterator[Row]:
    """Yield the rows of every (name, check), in order; a check that breaks down is an error row of its name.

    `tell` hears of what nobody foresaw.
    """
    for name, check in checks:
        try:
            for row in check():
                yield (
                    row if row.fix or row.state in (State.OK, State.INFO) else replace(row, fix=_LOOK_CLOSER)
                )
        except MagicloopError as error:
            where = f" ({error.where})" if error.where and error.where not in error.what else ""
            yield Row(name, State.ERROR, f"{error.what}{where}", error.fix or _LOOK_CLOSER)
        except Exception as error:  # noqa: BLE001 - what is unforeseen is a finding too, and the rest still counts
            tell(error)
            yield Row(
                name, State.ERROR, f"could not be looked at: {_said(error)}", _cure(error) or _LOOK_CLOSER
            )


def _cure(error: Exception) -> str:
    """Return what gives this user the rights to what was refused, "" where it is something else."""
    place = getattr(error, "filename", None)
    return cure_of_refusal(error, place) if isinstance(place, str) else ""


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    return f"{type(error).__name__}: {error}"
