"""A password from where the config says it is: fetched when used, and never part of what is said."""

import os

import pytest

from automations.config.secrets import LARGEST, fetch_secret
from automations.errors import FaultClass, ProviderError
from automations.model.policy import SecretPlace

SECRET = "hunter2 mit Ü"


def refused(place, **options):
    with pytest.raises(ProviderError) as caught:
        fetch_secret(place, "smtp.password", **options)
    error = caught.value
    assert error.fault is FaultClass.NEEDS_SIGN_IN
    assert "hunter2" not in f"{error.what} {error.where} {error.fix}"
    return error


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{SECRET}\nsecond line\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_from_the_environment(monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    assert fetch_secret(SecretPlace(env="MAIL_PASSWORD"), "smtp.password") == SECRET


def test_a_variable_that_is_not_set_is_not_named_because_it_may_be_the_password():
    error = refused(SecretPlace(env="hunter2"))
    assert (error.where, "not set" in error.what) == ("smtp.password.env", True)


def test_the_first_line_of_a_file_also_behind_a_link(kept, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(kept)
    for path in (kept, link):
        assert fetch_secret(SecretPlace(file=str(path)), "smtp.password") == SECRET
    kept.write_bytes(b"hunter2\r\n")
    assert fetch_secret(SecretPlace(file=str(kept)), "smtp.password") == "hunter2"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_can_touch_is_not_used_and_the_cure_is_named(kept, mode):
    kept.chmod(mode)
    error = refused(SecretPlace(file=str(kept)))
    assert f"mode {mode:04o}" in error.what
    assert error.fix == f"chmod 600 {kept}"


def test_what_is_no_file_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, said in (("pipe", "not a file"), ("", "directory"), ("gone", "No such file")):
        assert said in refused(SecretPlace(file=str(tmp_path / name))).what


@pytest.mark.parametrize("words", [b"", b"\nhunter2\n", b"\xff\xfe", b"x" * (LARGEST + 1), b"a\0b\n"])
def test_what_is_no_password_is_refused(kept, words):
    kept.write_bytes(words)
    refused(SecretPlace(file=str(kept)))


def test_from_a_program_that_no_shell_reads(kept, tmp_path):
    assert fetch_secret(SecretPlace(command=f"head -n 1 '{kept}'"), "smtp.password") == SECRET
    told = fetch_secret(SecretPlace(command=f"echo $HOME; touch {tmp_path}/made"), "smtp.password")
    assert told == f"$HOME; touch {tmp_path}/made"
    assert not (tmp_path / "made").exists()


def test_a_program_has_nobody_to_ask(tmp_path):
    """No input and no terminal: a run from a scheduler must not wait for a person."""
    command = "sh -c 'read line; echo got-$line-$?; test -t 0 || true'"
    assert fetch_secret(SecretPlace(command=command), "smtp.password") == "got--1"
    assert "exit" in refused(SecretPlace(command="sh -c 'echo hunter2 > /dev/tty'")).what


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sh -c 'echo hunter2; exit 3'", "failed (exit 3)"),
        ("no-such-program-anywhere --hunter2", "cannot be run"),
        ("true", "empty"),
        ("sh -c 'kill -9 $$'", "failed (exit -9)"),
    ],
)
def test_a_program_that_fails_is_told_of_without_its_words(command, said):
    error = refused(SecretPlace(command=command))
    assert (said in error.what, error.where) == (True, "smtp.password.command")


def test_a_program_that_takes_too_long_is_ended_with_all_it_started(tmp_path):
    """Whatever holds the other end of the pipe is gone once it reads as ended."""
    os.mkfifo(tmp_path / "pipe")
    handle = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    command = f"sh -c '(echo alive; exec sleep 600) > {tmp_path}/pipe & wait'"
    assert "more than 0.5 seconds" in refused(SecretPlace(command=command), seconds=0.5).what
    os.set_blocking(handle, True)
    with os.fdopen(handle, "rb") as pipe:
        assert pipe.read() == b"alive\n"
