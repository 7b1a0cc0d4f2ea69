"""A clock that stands still until it is set."""

from datetime import timedelta


class SetClock:
    """Stands still until it is set; waits set it. `naps` are seconds slept before a look at the uptime."""

    def __init__(self, now):
        self.instant = now
        self.uptime = 1000.0
        self.naps = []

    def now(self):
        return self.instant

    def boot_seconds(self):
        if self.naps:
            self.uptime += self.naps.pop(0)
        return self.uptime

    def awake_seconds(self):
        return None

    def sleep(self, seconds):
        self.go(seconds=seconds)

    def go(self, **ahead):
        self.instant += timedelta(**ahead)
        self.uptime += timedelta(**ahead).total_seconds()
