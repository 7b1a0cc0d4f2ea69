"""`init`: five questions, by options or at a terminal; it never writes over anything."""

import pytest

ALL = ("--name", "Sam Lee", "--email", "sam@example.com", "--timezone", "Europe/Lisbon",
       "--boss", "Priya Raman <priya@example.com>")  # fmt: skip


@pytest.fixture
def config(home):
    return home / ".config/magicloop/config.toml"


def test_by_options_it_writes_a_config_and_shows_the_first_month(process, config, home, tmp_path):
    calendar = tmp_path / "work.ics"
    calendar.write_text("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nEND:VCALENDAR\n")

    done = process("init", *ALL, "--calendar", calendar)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"Written: {config}"
    assert "invention time for" in done.stdout
    assert "a mail to" not in done.stdout or "priya@example.com" in done.stdout
    assert config.stat().st_mode & 0o777 == 0o600
    text = config.read_text()
    assert all(part in text for part in ("Sam Lee", "Europe/Lisbon", "priya@example.com", str(calendar)))
    assert not (home / ".local").exists()  # a preview makes nothing
    assert process("config", "check").stdout == f"ok: {config}\n"
    assert process("run").returncode in (0, 3)  # 3: the offer lacks its facts and asks for them


def test_name_and_mail_address_are_enough(process, config):
    assert process("init", "--name", "Sam", "--email", "sam@example.com").returncode == 0
    assert 'timezone = "Europe/Berlin"' in config.read_text()  # the machine's
    assert "No boss in the config" in process("boss", "list").stdout


def test_without_a_terminal_and_options_it_says_which_are_needed(process, home):
    done = process("init")

    assert (done.returncode, done.stdout) == (1, "")
    assert "init needs --name and --email" in done.stderr
    assert "fix:   magicloop init --name" in done.stderr
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--name", "", "a name is needed"),
        ("--name", "sam@example.com", "--name: "),
        ("--name", "Sam\nBcc: x@example.com", "--name: "),
        ("--name", "Sam\x1b[31m", "unseen character"),
        ("--email", "sam", "'sam' is not one mail address"),
        ("--email", "a@example.com, b@example.com", "not one mail address"),
        ("--email", "s\u202eam@example.com", "unseen character"),
        ("--timezone", "Berlin", "did you mean Europe/Berlin?"),
        ("--timezone", "+02:00", "is an offset, not a zone"),
        ("--boss", "Priya", "not one mail address"),
        ("--boss", "Priya <priya>", "not one mail address"),
        ("--calendar", "/no/such/calendar.ics", "/no/such/calendar.ics is not there"),
    ],
)
def test_a_bad_answer_is_named_and_nothing_is_written(magicloop, home, raw, option, value, said):
    words = dict(zip(ALL[::2], ALL[1::2], strict=True)) | {option: value}

    done = magicloop("init", *[word for pair in words.items() for word in pair])

    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr
    assert option in done.stderr
    assert "nothing was written" in done.stderr
    assert "fix:" in done.stderr
    assert raw(done.stderr) == []
    assert list(home.iterdir()) == []


def test_an_existing_config_is_left_as_it_is(process, own):
    before = own.config.read_bytes()

    done = process("init", *ALL)

    assert (done.returncode, done.stdout) == (1, "")
    assert "there is a config already" in done.stderr
    assert own.config.read_bytes() == before


def test_even_a_broken_or_dangling_config_is_left_as_it_is(process, config):
    config.parent.mkdir(parents=True)
    config.symlink_to("/nowhere/config.toml")

    assert process("init", *ALL).returncode == 1
    assert config.is_symlink()


def test_the_sample_steps_back_when_there_is_a_config_of_ones_own(process, home):
    process("run")
    process("init", *ALL)

    ran = process("run", "--report")

    assert "sample" not in ran.stdout
    assert (home / ".local/share/magicloop/invention.ics").exists()


def test_an_explicit_place_is_kept_to(process, home, tmp_path):
    target = tmp_path / "deep/er/my.toml"

    assert process("--config", target, "init", *ALL).returncode == 0
    assert target.exists()
    assert process("--config", target, "config", "check").returncode == 0
    assert list(home.iterdir()) == []


QUESTIONS = ("Your name: ", "Your mail address: ", "Your time zone [", "Your boss", "Your calendar")


def test_at_a_terminal_five_questions_are_asked(answer, config):
    code, shown = answer(
        "init",
        answers=list(zip(QUESTIONS, ("Sam Lee\n", "sam@example.com\n", "\n", "Priya Raman <priya@example.com>\n", "\n"),
                         strict=True)),
    )  # fmt: skip

    assert code == 0, shown
    assert "The first month" in shown
    text = config.read_text()
    assert 'timezone = "Europe/Berlin"' in text
    assert 'email = "priya@example.com"' in text


def test_only_what_no_option_gave_is_asked(answer, config):
    code, shown = answer(
        "init", "--name", "Sam", "--email", "sam@example.com", "--boss", "",
        answers=[("Your time zone [Europe/Berlin]: ", "Asia/Tokyo\n"), ("Your calendar", "\n")],
    )  # fmt: skip

    assert (code, "Your name" in shown) == (0, False)
    assert "Asia/Tokyo" in config.read_text()


def test_a_bad_answer_at_a_terminal_is_asked_again(answer, config):
    code, shown = answer(
        "init", "--name", "Sam", "--boss", "",
        answers=[("Your mail address: ", "sam\n"), ("Your mail address: ", "sam@example.com\n"),
                 ("Your time zone [", "Berlin\n"), ("Your time zone [", "Europe/Berlin\n"),
                 ("Your calendar", "/no/such/place\n"), ("Your calendar", "\n")],
    )  # fmt: skip

    assert code == 0, shown
    assert "'sam' is not one mail address" in shown
    assert "did you mean Europe/Berlin?" in shown
    assert "/no/such/place is not there" in shown
    assert config.exists()


def test_leaving_the_questions_writes_nothing(terminal, home):
    asked = terminal("init")
    asked.wait_for("Your name: ")
    asked.type("Sam\n")
    asked.wait_for("Your mail address: ")
    asked.interrupt()

    assert asked.end() == 130
    assert list(home.iterdir()) == []
