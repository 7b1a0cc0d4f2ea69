"""How long a machine has been up: what tells a silence from a sleep."""

from __future__ import annotations

from typing import NamedTuple


class Uptime(NamedTuple):
    """How many seconds a machine has been awake since its start; `boot` names that start, "" where nothing does.

    Only the seconds since one and the same start can be compared.
    """

    awake: float
    boot: str = ""

    def since(self, then: Uptime) -> float:
        """Return how many seconds the machine was awake since `then`, of those that are certain.

        It counts from its start where it was started anew, and where another machine looked `then`.
        """
        anew = then.boot and self.boot and then.boot != self.boot
        return self.awake if anew or self.awake < then.awake else self.awake - then.awake
