"""A sign-in made on a machine with a browser and carried to one without."""

import json


def test_what_is_exported_here_signs_in_there(account, tmp_path):
    carried = tmp_path / "carried.json"
    done = account.call("connect", "google", "--export", carried)
    assert done.exit_code == 0, done.output
    assert carried.stat().st_mode & 0o777 == 0o600
    assert "--import carried.json" in done.stdout
    assert "refresh-me" not in done.output

    account.token.unlink()
    done = account.call("connect", "google", "--import", carried)

    assert done.exit_code == 0, done.output
    assert "Signed in as ann@corp.test" in done.stdout
    assert f"rm {carried}" in done.stdout
    assert json.loads(account.token.read_text())["refresh_token"] == "refresh-me"
    assert account.token.stat().st_mode & 0o777 == 0o600
    assert account.call("run").exit_code == 0


def test_an_export_needs_a_sign_in_and_overwrites_nothing(account, tmp_path):
    there = tmp_path / "there.json"
    there.write_text("mine")
    done = account.call("connect", "google", "--export", there)
    assert (done.exit_code, there.read_text()) == (1, "mine")
    account.token.unlink()
    done = account.call("connect", "google", "--export", tmp_path / "other.json")
    assert "not signed in" in done.output
    assert not (tmp_path / "other.json").exists()


def test_an_import_of_somebody_else_or_of_nothing_keeps_what_was_there(account, tmp_path):
    before = account.token.read_text()
    carried = tmp_path / "carried.json"
    account.call("connect", "google", "--export", carried)
    for content, says in (
        (json.dumps({**json.loads(carried.read_text()), "account": "kim@corp.test"}), "ann@corp.test"),
        ("{", "damaged"),
        ("", "empty"),
    ):
        carried.write_text(content)
        account.mail.account = "kim@corp.test" if "kim" in content else "ann@corp.test"
        done = account.call("connect", "google", "--import", carried)
        assert done.exit_code != 0
        assert says in done.output
        assert account.token.read_text() == before
    carried.chmod(0o644)
    assert "chmod 600" in account.call("connect", "google", "--import", carried).output
    assert "not there" in account.call("connect", "google", "--import", tmp_path / "none.json").output
