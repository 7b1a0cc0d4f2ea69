"""Of each kind of failure: told once, silent while it lasts, reminded of once a day, and one line when it is over."""

import pytest

from ping_server import PingServer

MOST_LINES = 6


def calendar(own, server):
    good = own.calendar.read_bytes()
    own.calendar.write_text("this is no calendar", encoding="utf-8")
    return lambda: own.calendar.write_bytes(good)


def template(own, server):
    folder = own.config.parent / "templates/email/offer-ask"
    folder.mkdir(parents=True)
    broken = folder / "body.txt.j2"
    broken.write_text("{{ nothing_of_this_name }}")
    return broken.unlink


def mail(own, server):
    own.data.mkdir(parents=True, exist_ok=True)
    own.drafts.write_text("a file where the folder of drafts belongs")
    return own.drafts.unlink


def monitor(own, server):
    with own.config.open("a") as file:
        file.write(f'\n[monitor]\nping_url = "{server.root}/x"\n')
    server.answers["x"] = (404, {}, b"")
    return server.answers.clear


@pytest.mark.parametrize("spoil", [calendar, template, mail, monitor])
def test_one_message_a_daily_reminder_and_one_line_at_the_end(frozen, own, magicloop, spoil):
    with PingServer() as server:
        mend = spoil(own, server)
        first = magicloop("run")
        assert first.stdout == ""
        assert 1 <= len(first.stderr.splitlines()) <= MOST_LINES
        assert "fix:" in first.stderr
        for _ in range(3):
            frozen.tick(15 * 60)
            again = magicloop("run")
            assert (again.exit_code, again.output) == (first.exit_code, "")
        frozen.tick(24 * 3600)
        reminded = magicloop("run").stderr.splitlines()
        assert 1 <= len(reminded) <= MOST_LINES
        assert "(since Tue 3 Nov 09:00)" in reminded[0]
        frozen.tick(15 * 60)
        assert magicloop("run").output == ""

        mend()
        frozen.tick(15 * 60)
        well = magicloop("run")
        assert well.exit_code == 0
        assert [line[:6] for line in well.stderr.splitlines()] == ["over: "]
        frozen.tick(15 * 60)
        assert magicloop("run").output == ""
