"""Config files made from the spec: the example of every key, the sample of a first try, a new own one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from automations.config.newfile import write_new
from automations.config.nodes import leaves, sections
from automations.config.places import SAMPLE_CALENDAR, own_config
from automations.config.schema import SCHEMA_NAME, default_words, limits, schema_text
from automations.config.spec import Config, Table
from automations.config.toml_text import comment, toml_line, toml_value
from automations.config.zones import local_timezone
from automations.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from automations.config.places import Places

__all__ = ["init_text", "local_timezone", "sample_text", "write_own", "write_sample"]

Document = dict[str, Any]
"""Values as TOML has them: tables are dicts, arrays of tables lists of dicts."""

_SCHEMA_LINE = f"#:schema ./{SCHEMA_NAME}"
_EXAMPLE_HEAD = (
    "The config of magicloop: every key, what it means, and its default.",
    "Keys behind a # have the default shown; take the # away to set one.",
    "After a change type: magicloop config check",
)
_SAMPLE_HEAD = (
    "SAMPLE: made up, so that magicloop can be tried. Nobody here exists; run magicloop init for your own.",
    "Once you have your own config this one is not read any more, and its folder may be deleted.",
)
_SAMPLE: Document = {
    "sample": True,
    "me": {"name": "Sam Sample", "email": "sam@example.com"},
    "boss": [{"name": "Priya Raman", "email": "priya@example.com"}],
    "goal": [
        {"text": "lead a project that spans two teams", "kind": "scope"},
        {"text": "speak well in front of fifty people", "kind": "skill"},
    ],
    "invention": {
        "prefer": ["Mon-Fri 09:00-12:00"],
        "problems": [
            "What do we rebuild by hand each month that a rule could decide?",
            "Which question do customers ask twice because our first answer does not settle it?",
            "What would a release look like that nobody has to watch?",
            "Which of our measurements would nobody miss, and what should we measure instead?",
        ],
        "combine": [
            "the audit log",
            "a new colleague's first week",
            "the load tests",
            "the customer interviews",
            "the deployment checklist",
            "the search index",
        ],
    },
    "offers": {
        "ideas": [
            "put together the monthly capacity report, ready for you to sign off",
            "sit in for you in the weekly vendor call and send you five lines afterwards",
            "write the first draft of the hiring plan for the support desk",
        ],
        "on_track": "The billing move is on plan: two of its four steps are live and no customer noticed.",
        "hours": 3,
    },
}


def sample_text(
    kind: Literal["example", "sample"] = "example",
    *,
    timezone: str = "Europe/Berlin",
    busy: Sequence[str] = (SAMPLE_CALENDAR,),
) -> str:
    """Return a config of every key with its meaning: the plain example, or the labelled sample of a first try.

    `busy` are the calendars the sample reads; relative paths start at the config's folder.
    """
    if kind == "sample":
        values = {**_SAMPLE, "me": {**_SAMPLE["me"], "timezone": timezone}}
        values["calendar"] = {"busy": list(busy)}
        return _config_text(values, _SAMPLE_HEAD)
    values = {"me": {**_examples(Config, "me"), "timezone": timezone}, "boss": [_examples(Config, "boss")]}
    return _config_text(values, _EXAMPLE_HEAD)


def init_text(
    name: str, email: str, timezone: str, boss_name: str, boss_email: str, calendars: Sequence[str] = ()
) -> str:
    """Return a short config of the person's answers. Check it by `load.parse`; an empty boss is left out."""
    boss = [
        "[[boss]]",
        *toml_line("name", boss_name or "Priya Raman"),
        *toml_line("email", boss_email or "priya@example.com"),
        '# offers = ["help you could offer them, one concrete thing each"]',
    ]
    if not boss_email:
        boss = [line if line.startswith("#") else f"# {line}" for line in boss]
    busy = toml_value(list(calendars) or ["~/calendars/work.ics"])
    lines = [
        _SCHEMA_LINE,
        "# magicloop's config. Every key: magicloop config sample. After a change: magicloop config check",
        "",
        "[me]",
        *toml_line("name", name),
        *toml_line("email", email),
        *toml_line("timezone", timezone),
        "",
        *boss,
        "",
        "# [[goal]]",
        '# text = "lead a project across two teams"',
        '# kind = "scope"  # or skill, role, project, pay',
        "",
        "[invention]",
        "hours = 2",
        'working_hours = ["Mon-Fri 09:00-17:30"]',
        '# prefer = ["Tue-Thu 09:00-12:00"]  # when you think best',
        '# holidays = "DE-BY"  # country, or country and region',
        '# problems = ["What would make half our alerts unnecessary?"]  # worth two hours of thought',
        '# combine = ["the audit log", "the load tests"]  # things to join in new ways',
        "",
        "[offers]",
        '# ideas = ["take over the monthly capacity report"]  # help you could offer any boss',
        '# on_track = "The billing move is on plan."  # a fact an offer opens with',
        "",
        "[calendar]",
        f"{'' if calendars else '# '}busy = {busy}  # .ics files or folders of your meetings",
    ]
    return "\n".join(lines) + "\n"


def write_sample(places: Places, timezone: str, calendar: bytes) -> None:
    """Make the sample config, its calendar and its schema on first use; what is there stays as it is.

    `calendar` are the bytes of the sample calendar. The config comes last, so that one cut short is
    made whole by the next call.

    :raises ConfigError: a file or folder cannot be written.
    """
    write_new(places.sample_calendar, calendar)
    write_new(_schema_beside(places.config), schema_text().encode())
    write_new(places.config, sample_text("sample", timezone=timezone).encode())


def write_own(places: Places, text: str) -> str:
    """Write the person's first config and its schema; return its path. An existing one is never replaced.

    :raises ConfigError: there is one already, or it cannot be written.
    """
    path = own_config(places)
    if not write_new(path, text.encode()):
        raise ConfigError(path, [ConfigProblem("", "is there already; it was left as it is")])
    write_new(_schema_beside(path), schema_text().encode())
    return path


def _schema_beside(config: str) -> str:
    return config.rpartition("/")[0] + f"/{SCHEMA_NAME}"


def _examples(spec: type[Table], section: str) -> Document:
    table = next(one for name, one, _ in sections(spec) if name == section)
    return {leaf.name: leaf.examples[0] for leaf in leaves(table) if leaf.required}


def _config_text(values: Document, head: Sequence[str]) -> str:
    lines = [_SCHEMA_LINE, *(line for text in head for line in comment(text)), *_keys(Config, values)]
    for name, table, many in sections(Config):
        if name:
            entries = _entries(values, name, many=many)
            lines += ["", *_section(name, table, entries[0], many=many)]
            # What the keys mean was said at the first entry.
            lines += [line for one in entries[1:] for line in _brief(name, one or {})]
    return "\n".join(lines) + "\n"


def _entries(values: Document, name: str, *, many: bool) -> Sequence[Mapping[str, Any] | None]:
    at: Any = values
    for part in name.split(".") if name else ():
        at = at.get(part, {}) if isinstance(at, dict) else {}
    if not many:
        return [at]
    return at or [None]


def _section(name: str, table: type[Table], given: Mapping[str, Any] | None, *, many: bool) -> Iterator[str]:
    title = f"[[{name}]]" if many else f"[{name}]"
    yield from comment(table.__doc__ or "")
    yield title if given is not None else f"# {title}"
    yield from _keys(table, given or {})


def _brief(name: str, given: Mapping[str, Any]) -> list[str]:
    return ["", f"[[{name}]]", *(line for key, value in given.items() for line in toml_line(key, value))]


def _keys(table: type[Table], given: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for leaf in leaves(table):
        live = leaf.name in given
        example = leaf.default in ("", (), None)
        words = f"{leaf.description}{limits(leaf)}"
        if leaf.required:
            words += " Required."
        elif example:
            words += (
                f" Default: {default_words(leaf)}{'.' if live or not leaf.examples else '; for example:'}"
            )
        shown = leaf.examples[0] if example and leaf.examples else leaf.default
        lines += ["", *comment(words), *toml_line(leaf.name, given[leaf.name] if live else shown, live=live)]
    return lines
