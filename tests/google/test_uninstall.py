"""Uninstalling takes the sign-in back at Google; where that cannot be, it says what to do."""


def test_the_sign_in_is_taken_back_and_its_file_goes(account, home):
    account.call("run")
    account.google.log.clear()

    done = account.call("uninstall", "--yes")

    assert done.exit_code == 0, done.output
    assert account.google.refresh_tokens == {}
    assert not account.token.exists()
    assert len(account.mail.drafts) == len(account.calendar.live) == 1
    assert account.google.log == []
    left = {path.name for path in (home / ".local/share/magicloop").iterdir()}
    assert left == {"journal.db"}


def test_while_google_cannot_be_reached_the_sign_in_and_the_config_stay(account):
    token = account.token.read_text()
    account.token.write_text(token.replace(account.google.url, "http://127.0.0.1:9"))

    done = account.call("uninstall", "--yes")

    assert done.exit_code == 3
    assert "Google cannot be reached" in done.stdout
    assert account.token.exists()
    assert account.config.exists()
    account.token.write_text(token)
    assert account.call("uninstall", "--yes").exit_code == 0
    assert account.google.refresh_tokens == {}
    assert not account.token.exists()
    assert not account.config.exists()


def test_a_sign_in_that_cannot_be_read_goes_and_the_page_to_end_it_is_named(account):
    account.token.write_text("{")

    done = account.call("uninstall", "--yes")

    assert done.exit_code == 0, done.output
    assert not account.token.exists()
    assert "https://myaccount.google.com/permissions" in done.stdout


def test_a_sign_in_google_ended_already_is_no_error(account):
    account.google.revoke()

    assert account.call("uninstall", "--yes").exit_code == 0
    assert not account.token.exists()


def test_a_sign_in_whose_file_cannot_be_removed_is_taken_back_all_the_same(account, pinned):
    pinned(account.token)

    done = account.call("uninstall", "--yes")

    assert done.exit_code == 3
    assert f"stays    {account.token}: it could not be removed: " in done.stdout
    assert f"  to remove it: rm {account.token}\n" in done.stdout
    assert "could not be used to take itself back" not in done.stdout
    assert account.google.refresh_tokens == {}
    assert not account.config.exists()
