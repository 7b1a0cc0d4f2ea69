"""What a schedule calls is read from the lines that run: writing and reading are each other's inverse."""

import plistlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from automations.compose.crontab import block_in, ids_in, with_block
from automations.compose.schedule import Call, agent_bytes, cron_block, service_text
from automations.compose.schedule_reading import call_in_agent, call_in_block, call_in_unit

PIECES = [
    "/",
    "a",
    " ",
    "'",
    '"',
    "%",
    "%%",
    "%h",
    "\\",
    "\\\\",
    "$",
    "$$",
    "$HOME",
    "=",
    "#",
    ";",
    "é",
    "run",
    "-m",
    "\\n",
]
paths = st.lists(st.sampled_from(PIECES), max_size=8).map(lambda parts: "/" + "".join(parts))
words = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)
calls = st.builds(
    lambda path, more, config, data: Call((path, *more), config, data, "/usr/bin:/bin"),
    paths,
    st.lists(words, max_size=2),
    paths,
    paths,
)


@given(calls)
def test_a_crontabs_block_is_read_as_it_was_written(call):
    crontab = with_block(b"@daily other\n", cron_block(call), call.id)

    assert ids_in(crontab) == (call.id,)
    assert call_in_block(block_in(crontab, call.id)) == call


@given(calls)
def test_a_service_is_read_as_it_was_written(call):
    assume(not call.program[0].startswith("/usr/bin/env"))

    assert call_in_unit(service_text(call)) == call


@given(calls)
def test_an_agent_is_read_as_it_was_written(call):
    assert call_in_agent(agent_bytes(call)) == call


PLAIN = Call(("/srv/bin/magicloop",), "/c/config.toml", "/d")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "#*/15 * * * * MAGICLOOP_CONFIG=/c MAGICLOOP_DATA=/d /m run",
        "*/15 * * * * MAGICLOOP_CONFIG=/c MAGICLOOP_DATA=/d /m review",
        "*/15 * * * * MAGICLOOP_CONFIG=/c /m run",
        "*/15 * * * * MAGICLOOP_CONFIG=/c MAGICLOOP_DATA=/d run",
        "*/15 * * * * MAGICLOOP_CONFIG='/c MAGICLOOP_DATA=/d /m run",
        "*/15 * *",
        "@hourly",
    ],
)
def test_a_line_that_calls_nothing_of_ours_is_not_guessed_at(line):
    assert call_in_block(f"# BEGIN magicloop abcdef\n{line}\n# END magicloop abcdef\n") is None


def test_a_line_with_another_rhythm_is_still_ours():
    command = cron_block(PLAIN).splitlines()[2].removeprefix("*/15 * * * * ")

    assert call_in_block(f"@hourly {command}\n") == PLAIN
    assert call_in_block(f"0\t*  * * mon-fri {command}\n") == PLAIN


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<plist",
        b"<plist><array/></plist>",
        b"\xff",
        plistlib.dumps({"ProgramArguments": ["/m", "run"]}),
    ],
)
def test_an_agent_that_cannot_be_read_is_said_to_be_that(content):
    assert call_in_agent(content) is None
