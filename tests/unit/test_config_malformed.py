"""Whatever a config file holds, the answer is a policy or a list of sentences that name key and cure."""

import os
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, convert, defstruct

from automations.config.load import LARGEST, load, parse
from automations.config.nodes import nodes, sections
from automations.config.reader import read_document, value_fault
from automations.config.spec import Config, Invention, Offers
from automations.errors import ConfigError, ExitCode

ME = '[me]\nname = "Sam"\nemail = "sam@example.com"\ntimezone = "Europe/Berlin"\n'
FOLDER = "/home/sam/.config/magicloop"


def refusal(text):
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ConfigError) as caught:
        parse(content, f"{FOLDER}/config.toml", "/data")
    return caught.value


def me(**changes):
    values = {"name": '"Sam"', "email": '"sam@example.com"', "timezone": '"UTC"', **changes}
    return "[me]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value)


def invention(lines):
    return f"{ME}[invention]\n{lines}\n"


# (config, [(key, words its sentence must hold)...]) and no other problem
MALFORMED = {
    "empty file": ("", [("me", "write [me] with name, email, timezone")]),
    "me is no table": ("me = 3", [("me", "write [me]")]),
    "two of me": (ME.replace("[me]", "[[me]]"), [("me", "there is only one; write [me]")]),
    "name missing": (me(name=""), [("me.name", 'is missing; write name = "')]),
    "name empty": (me(name='" "'), [("me.name", "is empty")]),
    "name is a number": (me(name="7"), [("me.name", "is 7; must be text in quotes")]),
    "name with an at": (me(name='"ann@evil.example"'), [("me.name", "write the name only")]),
    "name with a wide at": (me(name='"ann\uff20evil"'), [("me.name", "write the name only")]),
    "name with a line break": (me(name='"Sam\\nBcc: x@y.z"'), [("me.name", "has a line break")]),
    "name with NUL": (me(name='"Sam\\u0000"'), [("me.name", "U+0000")]),
    "name with an escape": (me(name='"\\u001b[31mSam"'), [("me.name", "U+001B")]),
    "name turned round": (me(name='"Sam\\u202egnp"'), [("me.name", "U+202E")]),
    "name too long": (me(name=f'"{"x" * 121}"'), [("me.name", "at most 120")]),
    "address without a host": (me(email='"ann@"'), [("me.email", "'ann@' is not a mail address")]),
    "address with two ats": (me(email='"a@b@c.de"'), [("me.email", "is not a mail address")]),
    "address without a dot": (me(email='"ann@corp"'), [("me.email", "write one like ann@example.com")]),
    "address with a name": (me(email='"A <a@b.de>"'), [("me.email", "did you mean a@b.de?")]),
    "address with a blank": (me(email='" a@b.de"'), [("me.email", "did you mean a@b.de?")]),
    "address not ASCII": (me(email='"a@b\u00fccher.de"'), [("me.email", "did you mean a@xn--bcher-kva.de?")]),
    "two addresses": (me(email='"a@b.de, c@d.de"'), [("me.email", "is not a mail address")]),
    "zone as an offset": (me(timezone='"GMT+5"'), [("me.timezone", "Etc/GMT-5")]),
    "zone in small letters": (
        me(timezone='"america/new_york"'),
        [("me.timezone", "did you mean America/New_York?")],
    ),
    "zone with a blank": (me(timezone='" UTC"'), [("me.timezone", 'write "UTC"')]),
    "zone of another planet": (me(timezone='"Mars/Phobos"'), [("me.timezone", "write one such as")]),
    "zone empty": (me(timezone='""'), [("me.timezone", "is empty")]),
    "zone as a path": (me(timezone='"../../etc/passwd"'), [("me.timezone", "is not an IANA time zone")]),
    "zone as a city": (me(timezone='"Berlin"'), [("me.timezone", "did you mean Europe/Berlin?")]),
    "zone of the machine": (me(timezone='"localtime"'), [("me.timezone", "is not an IANA time zone")]),
    "zone misspelt": (me(timezone='"Europe/Belrin"'), [("me.timezone", "did you mean Europe/Berlin")]),
    "date for a text": (me(name="2026-01-01"), [("me.name", "is 2026-01-01; must be text in quotes")]),
    "unknown section": (f"{ME}[inventoin]\n", [("inventoin", "unknown key; did you mean invention?")]),
    "unknown key": (
        invention("bufer_minutes = 5"),
        [("invention.bufer_minutes", "unknown key; did you mean buffer_minutes?")],
    ),
    "key of another section": (
        f'{ME}[mail]\ntimezone = "UTC"\n',
        [("mail.timezone", "unknown key; it belongs in [me]")],
    ),
    "key like nothing": (f"{ME}[mail]\nzzz = 1\n", [("mail.zzz", "allowed: provider, folder")]),
    "key with an escape": (f'"\\u001b]0;x" = 1\n{ME}', [("'\\x1b]0;x'", "unknown key")]),
    "number in quotes": (invention('hours = "2"'), [("invention.hours", "without quotes")]),
    "hours beyond reason": (invention("hours = 9"), [("invention.hours", "from 0.5 to 8")]),
    "hours not a number": (invention("hours = nan"), [("invention.hours", "from 0.5 to 8")]),
    "hours without end": (invention("hours = inf"), [("invention.hours", "from 0.5 to 8")]),
    "truth for a number": (invention("months_ahead = true"), [("invention.months_ahead", "from 0 to 11")]),
    "half a month": (invention("months_ahead = 1.5"), [("invention.months_ahead", "a whole number")]),
    "a huge hex number": (
        invention(f"max_moves = 0x{'f' * 9000}"),
        [("invention.max_moves", "a huge number")],
    ),
    "not a choice": (invention('on_conflict = "mov"'), [("invention.on_conflict", "did you mean move?")]),
    "a number for a choice": (invention("on_conflict = 1"), [("invention.on_conflict", "must be one of")]),
    "text for a list": (invention('problems = "why?"'), [("invention.problems", "in square brackets")]),
    "number in a list": (invention('problems = ["a", 3]'), [("invention.problems[1]", "text in quotes")]),
    "list in a list": (invention('problems = [["a"]]'), [("invention.problems[0]", "is a list")]),
    "empty text in a list": (invention('combine = ["a", ""]'), [("invention.combine[1]", "is empty")]),
    "hours end before they start": (
        invention('working_hours = "Mon-Fri 17:00-09:00"'),
        [("invention.working_hours", "17:00-09:00, which ends before it starts")],
    ),
    "hours empty": (
        invention('working_hours = ["Mon 09:00-09:00"]'),
        [("invention.working_hours[0]", "is empty")],
    ),
    "hours of no day": (
        invention('working_hours = ["Blursday 09:00-12:00"]'),
        [("invention.working_hours[0]", '"Mon-Fri 09:00-17:30"')],
    ),
    "hours off the clock": (
        invention('working_hours = ["Mon 09:00-25:00"]'),
        [("invention.working_hours[0]", "from 00:00 to 24:00")],
    ),
    "a day twice": (
        invention('working_hours = ["Mon-Wed,Tue 09:00-12:00"]'),
        [("invention.working_hours[0]", "name each day once")],
    ),
    "no hours at all": (invention("working_hours = []"), [("invention.working_hours", "is an empty list")]),
    "hours overlap": (
        invention('working_hours = ["Mon-Fri 09:00-17:00", "Tue 16:00-18:00"]'),
        [("invention.working_hours", "Tue 09:00-17:00 and Tue 16:00-18:00 overlap")],
    ),
    "preferred on a day off": (
        invention('prefer = ["Sat 09:00-12:00"]'),
        [("invention.prefer", "Sat 09:00-12:00 lies outside invention.working_hours")],
    ),
    "block longer than a day": (
        invention('hours = 4\nworking_hours = ["Mon-Fri 09:00-12:00 13:00-16:30"]'),
        [("invention.hours", "unbroken stretch of invention.working_hours is 3.5 hours")],
    ),
    "floor above the length": (
        invention("hours = 1\nfloor_minutes = 61"),
        [("invention.floor_minutes", "write 60 or less")],
    ),
    "country unknown": (invention('holidays = "XX"'), [("invention.holidays", '"DE-BY"')]),
    "country in small letters": (
        invention('holidays = "de-by"'),
        [("invention.holidays", "did you mean DE-BY?")],
    ),
    "country by name": (invention('holidays = "Germany"'), [("invention.holidays", "did you mean DE?")]),
    "region unknown": (invention('holidays = "DE-XX"'), [("invention.holidays", "no region of DE")]),
    "boss with one bracket": (f'{ME}[boss]\nname = "P"\n', [("boss", "write [[boss]] with two brackets")]),
    "boss is a text": (f'boss = ["P"]\n{ME}', [("boss[0]", "write [[boss]] with two brackets")]),
    "boss is me": (
        f'{ME}[[boss]]\nname = "P"\nemail = "SAM@example.com"\n',
        [("boss[0].email", "is your own address")],
    ),
    "boss twice": (
        f'{ME}[[boss]]\nname = "P"\nemail = "p@x.de"\n[[boss]]\nname = "Q"\nemail = "P@x.de"\n',
        [("boss[1].email", "is the address of boss[0] too")],
    ),
    "a day of none": (
        f'{ME}[[boss]]\nname = "P"\nemail = "p@x.de"\n[offers]\ndue_day = 0\n',
        [("offers.due_day", "from 1 to 28")],
    ),
    "day 31": (f"{ME}[offers]\ndue_day = 31\n", [("offers.due_day", "from 1 to 28")]),
    "audience twice": (
        f'{ME}[incidents]\nexec = ["a@b.de", "A@b.de"]\n',
        [("incidents.exec[1]", "is the same as incidents.exec[0]")],
    ),
    "severity five": (
        f"{ME}[incidents.sev5]\nfirst = 1\n",
        [("incidents.sev5", "unknown key; did you mean sev")],
    ),
    "severity is a number": (f"{ME}[incidents]\nsev1 = 5\n", [("incidents.sev1", "write [incidents.sev1]")]),
    "a time before zero": (
        f"{ME}[incidents.sev1]\nactive = -1\n",
        [("incidents.sev1.active", "from 0 to 10080")],
    ),
    "provider not there": (
        f'{ME}[calendar]\nprovider = "exchange"\n',
        [("calendar.provider", 'one of "google", "local"')],
    ),
    "endpoint elsewhere": (
        f'{ME}[google]\napi_endpoint = "http://192.0.2.1:80"\n',
        [("google.api_endpoint", "no address of this machine; write http://127.0.0.1:PORT")],
    ),
    "endpoint that only looks near": (
        f'{ME}[google]\napi_endpoint = "http://127.0.0.1:80@evil.test"\n',
        [("google.api_endpoint", "no address of this machine")],
    ),
    "endpoint with a path": (
        f'{ME}[google]\napi_endpoint = "http://127.0.0.1:80/calendar"\n',
        [("google.api_endpoint", "no address of this machine")],
    ),
    "another's home": (f'{ME}[mail]\nfolder = "~bob/x"\n', [("mail.folder", "write the whole path")]),
    "blocks read as meetings": (
        f'{ME}[calendar]\nbusy = ["a.ics"]\nfile = "a.ics"\n',
        [("calendar.file", "is in calendar.busy too")],
    ),
    "sample is a text": (f'sample = "yes"\n{ME}', [("sample", "must be true or false, without quotes")]),
    "no value": ("a =", [("last line", "is not TOML")]),
    "curly quotes": ("[me]\nname = \u201cSam\u201d\n", [("line 2", "text needs double quotes")]),
    "open quote": ('[me]\nname = "Sam\n', [("line 2", "between two quotes")]),
    "a path with backslashes": ('[mail]\nfolder = "C:\\Users\\sam"\n', [("line 2", "write a path with /")]),
    "key twice": (f'{ME}name = "Tom"\n', [("line 5", "the same key stands twice")]),
    "section twice": (f"{ME}[mail]\n[mail]\n", [("line 6", "the same table stands twice")]),
    "not UTF-8": (ME.encode() + b"# caf\xe9\n", [("line 5", "save the file as UTF-8")]),
    "UTF-16": (ME.encode("utf-16"), [("line 1", "save the file as UTF-8")]),
    "NUL in the file": (ME.encode() + b"\0", [("line 5", "is not TOML")]),
    "nested without end": (f"a = {'[' * 5000}", [("", "is nested too deeply")]),
    "a table in a table in a table": (".".join("a" * 3000) + " = 1\n" + ME, [("a", "unknown key")]),
    "a number of 5000 digits": (f"a = {'9' * 5000}", [("", "out of range")]),
    "a month 13": ("a = 2026-13-01T00:00:00Z", [("line 1", "is not TOML")]),
    "larger than a config": (ME + "#" * LARGEST, [("", f"larger than {LARGEST} bytes")]),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_each_problem_is_one_line_that_names_key_and_cure(name):
    text, expected = MALFORMED[name]

    error = refusal(text)

    assert [problem.key for problem in error.problems] == [key for key, _ in expected], str(error)
    for problem, (_, words) in zip(error.problems, expected, strict=True):
        assert words in problem.what
    lines = str(error).split("\n")
    assert len(lines) == len(expected)
    assert all(line.startswith(f"{FOLDER}/config.toml: ") and line.isprintable() for line in lines)
    assert max(map(len, lines)) < 400
    assert error.exit_code == ExitCode.CONFIG == 10


def test_every_problem_is_told_at_once_and_one_does_not_hide_another():
    error = refusal(
        'me = { name = "Sam", email = "sam@", timezone = "UTC" }\n'
        '[[boss]]\nname = "P"\nemail = "p@x.de"\nstage = 5\n'
        '[[boss]]\nname = "Q"\nemail = "p@x.de"\n'
        '[invention]\nhours = 8\nnotice_days = "x"\nworking_hours = "Mon 09:00-12:00"\nproblem = []\n'
    )

    assert [problem.key for problem in error.problems] == [
        "me.email",
        "boss[0].stage",
        "invention.problem",
        "invention.notice_days",
        "boss[1].email",
        "invention.hours",
    ]


def test_what_is_wrong_by_itself_is_not_judged_a_second_time():
    error = refusal(invention('hours = 8\nworking_hours = ["Mon 12:00-09:00"]\nprefer = ["Sun 09:00-10:00"]'))

    assert [problem.key for problem in error.problems] == ["invention.working_hours[0]"]


def test_a_calendar_link_is_a_secret_and_not_repeated():
    error = refusal(f'{ME}[calendar]\nbusy = ["https://calendar.example/ical/private-c0ffee/basic.ics"]\n')

    assert "save the calendar as .ics" in str(error)
    assert "c0ffee" not in str(error)


@pytest.mark.parametrize(
    "kind",
    [
        Annotated[str, Meta(min_length=1, max_length=8, extra={"secret": True})],
        Annotated[int, Meta(ge=0, le=5, extra={"secret": True})],
        Annotated[Literal["hunter"], Meta(extra={"secret": True})],
        Annotated[str, Meta(extra={"secret": True, "form": "address"})],
    ],
)
@pytest.mark.parametrize(
    "value", ["hunter2-hunter2", "hunter2\u202e", 1234567890, ["hunter2"], {"hunter2": 1}]
)
def test_a_value_marked_secret_is_never_shown(kind, value):
    vault = defstruct("Vault", [("token", kind)], frozen=True)

    problems = str(read_document(vault, {"token": value}).problems)

    assert "token" in problems
    assert "hunter" not in problems.replace('must be "hunter"', "")
    assert "12345" not in problems


def test_thousands_of_problems_are_counted_not_all_told():
    error = refusal(ME + "".join(f"[x{number}]\n" for number in range(2000)))

    assert len(error.problems) == 101
    assert error.problems[-1].what == "and 1900 more problems of this kind"


def test_a_missing_file_names_the_way_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="no such file") as caught:
        load(str(tmp_path / "config.toml"), "/data")

    assert caught.value.fix == "magicloop init"


def test_what_is_no_file_is_refused_without_waiting(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for path in (tmp_path, pipe):
        with pytest.raises(ConfigError, match=r"is not a file|is a folder"):
            load(str(path), "/data")
    for path in (f"{tmp_path}/x\0y", f"{tmp_path}/{'x' * 300}"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load(path, "/data")


def test_an_answer_can_be_checked_by_itself():
    assert value_fault(Config, "me.timezone", "Europe/Berlin") == ""
    assert value_fault(Config, "boss.email", "p@x.de") == ""
    assert "did you mean Europe/Berlin" in value_fault(Config, "me.timezone", "europe/berlin")
    assert "is not a mail address" in value_fault(Config, "boss.email", "p")
    assert "web address" in value_fault(Config, "calendar.busy", ["https://x.de/a.ics"])


NAMES = sorted({key for _, table, _ in sections(Config) for key in nodes(table)})
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from(["Mon-Fri 09:00-17:00", "Europe/Berlin", "a@b.de", "DE", "~/x.ics", "monthly", "local"]),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=30,
)
whole_me = st.just({"name": "Sam", "email": "sam@example.com", "timezone": "UTC"})
numbers = st.integers(0, 100) | st.floats(0, 9)
sections_only = st.fixed_dictionaries(
    {"me": whole_me},
    optional={
        "invention": st.dictionaries(st.sampled_from(sorted(nodes(Invention))), numbers, max_size=2),
        "offers": st.dictionaries(st.sampled_from(sorted(nodes(Offers))), numbers | st.text(), max_size=2),
        "goal": st.lists(st.fixed_dictionaries({"text": st.text()}), max_size=2),
    },
)
documents = sections_only | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), values, max_size=8)


@given(documents)
def test_any_document_is_fitted_or_listed(document):
    reading = read_document(Config, document)

    assert isinstance(reading.config, Config)
    for problem in reading.problems:
        assert str(problem).isprintable(), ascii(str(problem))
    if not reading.problems:
        convert(document, Config)  # the spec itself agrees


def outcome(content):
    try:
        return parse(content, f"{FOLDER}/config.toml", "/data").policy.me.name
    except ConfigError as error:
        return error.problems


@given(st.binary() | st.text().map(str.encode) | st.text().map(lambda text: f'{ME}x = "{text}'.encode()))
def test_any_bytes_are_a_policy_or_a_config_error(content):
    assert outcome(content)


LINES = st.sampled_from(
    [
        line
        for text, _ in MALFORMED.values()
        if isinstance(text, str) and len(text) < 900
        for line in text.split("\n")
    ]
)


@given(st.lists(LINES, max_size=25))
def test_any_mix_of_lines_is_a_policy_or_a_config_error(lines):
    assert outcome("\n".join(lines).encode())
    assert outcome("\n".join([ME, *lines]).encode())
