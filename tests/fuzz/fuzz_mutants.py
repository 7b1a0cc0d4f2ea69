"""Faults planted into the product, one at a time, that the fuzzing has to find; else it looks at nothing."""

from contextlib import contextmanager
from unittest.mock import patch

from automations.compose import crontab, reading, schedule_reading, text
from automations.config import load
from automations.providers.local import source
from automations.store.keeping import archive
from automations.web import guard

_LINES = crontab._lines


def _universal(data):
    return data.splitlines(keepends=True)


def _trusting(data, path):
    return load.tomllib.loads(data.decode())


def _unguarded(content):
    value = schedule_reading.plistlib.loads(content)
    return schedule_reading._call(value["EnvironmentVariables"], value["ProgramArguments"])


def _strict(path, data):
    return data.decode("utf-8")


def _bare(path, into):
    return archive._unpack(path, into)


def _any_form(self, visitor, headers, csrf):
    return True


def _nothing_wrong(message):
    return None


def _raw(self, path, fault):
    return fault


def planted(owner, name, new):
    @contextmanager
    def plant():
        with patch.object(owner, name, new):
            yield

    return plant


MUTANTS = {
    "config: what is no TOML is not refused in words": (
        "config",
        planted(load, "_document", _trusting),
    ),
    "calendar: what is no UTF-8 is not refused in words": ("calendar", planted(source, "decode", _strict)),
    "mail: headers twice, cut-off parts are let through": (
        "mail",
        planted(reading, "_check_shape", _nothing_wrong),
    ),
    "schedule: other characters end a crontab's lines": ("schedule", planted(crontab, "_lines", _universal)),
    "schedule: a damaged agent is not expected": (
        "schedule",
        planted(schedule_reading, "call_in_agent", _unguarded),
    ),
    "template: a fault in one is not put into words": ("template", planted(text.Composer, "_fault", _raw)),
    "backup: damage to the packing is not expected": ("backup", planted(archive, "unpack", _bare)),
    "page: a form without the secret is let act": ("page", planted(guard.Guard, "may_act", _any_form)),
}
