"""`config edit`, and the config commands before there is a config."""


def test_an_edit_is_checked(answer, own, editor):
    code, shown = answer(
        "config", "edit", EDITOR=editor('sed \'s/hours = 3/hours = 4/\' "$1" > "$1.new" && mv "$1.new" "$1"')
    )

    assert (code, shown) == (0, f"ok: {own.config}\n")
    assert "hours = 4" in own.config.read_text()


def test_every_mistake_is_listed_and_the_words_are_kept(answer, own, editor):
    code, shown = answer(
        "config",
        "edit",
        EDITOR=editor(
            'sed \'s/hours = 3/huors = -1/; s/Berlin/Berlni/\' "$1" > "$1.new" && mv "$1.new" "$1"'
        ),
    )

    assert code == 10
    assert f"{own.config}: me.timezone: " in shown
    assert f"{own.config}: offers.huors: unknown key; did you mean hours?" in shown
    assert "huors = -1" in own.config.read_text()


def test_a_config_that_is_broken_can_be_edited(answer, own, editor):
    good = own.config.read_text()
    own.config.write_text("[me\n")
    (own.config.parent / "good").write_text(good)

    assert answer("config", "edit", EDITOR=editor(f'cp "{own.config.parent}/good" "$1"'))[0] == 0


def test_an_editor_that_is_not_there_is_named(answer, own):
    code, shown = answer("config", "edit", EDITOR="/no/such/editor")

    assert code == 1
    assert "/no/such/editor" in shown
    assert "fix:   name another editor: EDITOR=nano magicloop config edit" in shown
    assert "Traceback" not in shown


def test_without_a_terminal_it_says_which_file_to_change(process, own):
    done = process("config", "edit", EDITOR="false")

    assert (done.returncode, done.stdout) == (1, "")
    assert f"where: {own.config}" in done.stderr
    assert "fix:   magicloop config check" in done.stderr


def test_without_a_config_it_names_init(process, answer, home):
    done = process("config", "edit")

    assert (done.returncode, "fix:   magicloop init" in done.stderr) == (1, True)
    assert answer("config", "edit", EDITOR="false")[0] == 1
    assert list(home.iterdir()) == []


def test_the_sample_can_be_edited_and_is_called_so(process, answer, editor):
    process("run")

    code, shown = answer("config", "edit", EDITOR=editor(":"))

    assert code == 0
    assert shown.startswith("This is the sample; for your own: magicloop init\n")


def test_check_and_show_work_on_the_sample_before_the_first_run(process, read, home):
    assert process("config", "check").stdout.startswith("ok: the sample ")
    shown = process("config", "show").stdout
    assert shown.startswith("# the sample ")
    assert 'me.name = "Sam Sample"' in shown
    assert read("config", "check")["sample"] is True
    assert list(home.iterdir()) == []
