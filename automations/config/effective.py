"""The config as it acts: every key, its value, and whether the file or the default says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automations.config.nodes import Leaf, dotted, nodes
from automations.config.toml_text import toml_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.config.load import Loaded
    from automations.config.spec import Table

MASK = "***"


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its dotted name, its value (a secret is masked), and its origin, `file` or `default`."""

    key: str
    value: Any
    origin: str

    def __str__(self) -> str:
        return f"{self.key} = {toml_value(self.value)}"


def effective(loaded: Loaded) -> tuple[Setting, ...]:
    """Return every key as it acts, in the order of the spec; paths are absolute."""
    acting = {
        "calendar.busy": loaded.policy.calendar.busy,
        "calendar.file": loaded.policy.calendar.file,
        "mail.folder": loaded.policy.mail.folder,
        "google.token_file": loaded.policy.google.token_file,
        "smtp.port": loaded.policy.smtp.port,
        "smtp.password.file": loaded.policy.smtp.password.file,
        "notify.url.file": loaded.policy.notify.url.file,
        "monitor.ping_url.file": loaded.policy.monitor.place.file,
        "smtp.ca_file": loaded.policy.smtp.ca_file,
        "invention.floor_minutes": loaded.policy.invention.floor_minutes,
    }
    return tuple(
        Setting(one.key, acting.get(one.key, one.value), one.origin)
        for one in settings(loaded.config, loaded.given)
    )


def settings(config: Table, given: frozenset[str], where: str = "") -> Iterator[Setting]:
    """Yield the keys of a table and of those in it, as they are written."""
    for name, node in nodes(type(config)).items():
        key, value = dotted(where, name), getattr(config, name)
        if isinstance(node, Leaf):
            shown = MASK if node.kind.secret and value else value
            yield Setting(key, shown, "file" if key in given else "default")
        elif node.many:
            for place, one in enumerate(value):
                yield from settings(one, given, f"{key}[{place}]")
        else:
            yield from settings(value, given, key)
