"""What an act by hand works with: the run lock, waited for a little, and the memory under it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from automations.wiring import HAND_LOCK_SECONDS as LOCK_WAIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.apply import Bench
    from automations.wiring import Session

__all__ = ["LOCK_WAIT", "bench_of"]


@contextmanager
def bench_of(session: Session) -> Iterator[Bench]:
    """Hold the run lock and give what an act by hand works with.

    :raises LockHeldError: a run holds it for longer than an act by hand waits.
    """
    with session.bench() as bench:
        yield bench
