"""Notices by the machine's own programs: real processes on a PATH of the test's."""

import sys

import pytest

from automations.errors import FaultClass, ProviderError
from automations.model.policy import NotifySettings, SecretPlace
from automations.providers.notify import Notices

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="the desktop of Linux")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a notify-send on the PATH that writes down what it was given, and ends as it is told."""

    def make(code=0):
        path = tmp_path / "notify-send"
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/shown"\nexit {code}\n')
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return tmp_path / "shown"

    return make


def test_the_desktop_shows_title_and_body_as_they_are(program):
    shown = program()
    Notices(NotifySettings(desktop=True)).notify("magicloop", "-1 mails; $(id) `id`")
    assert shown.read_text().splitlines()[-2:] == ["magicloop", "-1 mails; $(id) `id`"]


def test_a_desktop_that_shows_nothing_is_tried_again(program):
    program(code=1)
    with pytest.raises(ProviderError) as caught:
        Notices(NotifySettings(desktop=True)).notify("magicloop", "1 mail waits for you.")
    assert caught.value.fault is FaultClass.TRANSIENT


def test_a_machine_without_the_program_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProviderError, match="notify-send") as caught:
        Notices(NotifySettings(desktop=True)).notify("magicloop", "x")
    assert "libnotify" in caught.value.fix


def test_an_address_needs_the_extra_or_must_be_one_it_knows(monkeypatch):
    monkeypatch.setenv("NOTICE_URL", "nonsense")
    with pytest.raises(ProviderError) as caught:
        Notices(NotifySettings(url=SecretPlace(env="NOTICE_URL"))).notify("magicloop", "x")
    assert "magicloop[notify]" in caught.value.fix or "none that Apprise knows" in caught.value.what
    assert "nonsense" not in caught.value.what + caught.value.fix
