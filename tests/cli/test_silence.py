"""Under a scheduler: silent when well, loud once when ill, one line when it is over."""

MOST_LINES = 6


def test_a_broken_calendar_is_told_once_a_day_until_it_is_well(frozen, own, magicloop):
    good = own.calendar.read_bytes()
    own.calendar.write_text("this is no calendar", encoding="utf-8")

    first = magicloop("run")
    assert first.stdout == ""
    told = first.stderr.splitlines()
    assert 1 <= len(told) <= MOST_LINES
    assert str(own.calendar) in first.stderr
    assert any(line.strip().startswith("fix:") for line in told)

    for _ in range(3):
        frozen.tick(15 * 60)
        again = magicloop("run")
        assert (again.exit_code, again.output) == (3, "")

    frozen.tick(24 * 3600)
    reminded = magicloop("run").stderr.splitlines()
    assert 1 <= len(reminded) <= MOST_LINES
    assert "(since Tue 3 Nov 09:00)" in reminded[0]
    frozen.tick(15 * 60)
    assert magicloop("run").output == ""

    own.calendar.write_bytes(good)
    frozen.tick(15 * 60)
    well = magicloop("run")
    assert well.exit_code == 0
    assert well.stdout == ""
    (line,) = well.stderr.splitlines()
    assert line.startswith("over: ")

    frozen.tick(15 * 60)
    assert magicloop("run").output == ""


def test_many_problems_at_once_are_six_lines_and_say_where_the_rest_is(frozen, own, magicloop):
    names = [f"cal{number}.ics" for number in range(5)]
    for name in names:
        (own.config.parent / name).write_text("broken", encoding="utf-8")
    text = own.config.read_text().replace('busy = ["work.ics"]', f"busy = {names}".replace("'", '"'))
    own.config.write_text(text, encoding="utf-8")

    told = magicloop("run").stderr.splitlines()

    assert len(told) == MOST_LINES
    assert told[-1] == "more: magicloop status"
    assert all(name in magicloop("status").stdout for name in names)


def test_a_clock_that_fell_back_years_is_told_once(frozen, own, magicloop):
    magicloop("run")
    frozen.move_to("1970-06-01T00:00:00Z")

    refused = magicloop("run")
    assert refused.exit_code == 8
    assert 1 <= len(refused.stderr.splitlines()) <= MOST_LINES
    frozen.tick(15 * 60)
    again = magicloop("run")
    assert (again.exit_code, again.output) == (8, "")


def test_a_run_of_one_part_does_not_forget_the_problems_of_the_others(frozen, own, magicloop):
    own.calendar.write_text("broken", encoding="utf-8")
    magicloop("run")

    assert magicloop("run", "--only", "offers").stderr == ""
    assert magicloop("run").output == ""
