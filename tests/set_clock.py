"""A clock that stands still until it is set."""

from datetime import timedelta


class SetClock:
    """Stands still until it is set; waits set it. `naps` are seconds slept before a look at `since_boot`."""

    def __init__(self, now):
        self.instant = now
        self.since_boot = 1000.0
        self.naps = []

    def now(self):
        return self.instant

    def boot_seconds(self):
        if self.naps:
            self.since_boot += self.naps.pop(0)
        return self.since_boot

    def uptime(self):
        return None

    def sleep(self, seconds):
        self.go(seconds=seconds)

    def go(self, **ahead):
        self.instant += timedelta(**ahead)
        self.since_boot += timedelta(**ahead).total_seconds()
