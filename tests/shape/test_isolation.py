"""A test cannot reach the person's files, settings, zone or network."""

import os
import socket
import time
from pathlib import Path

import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError


def test_home_is_empty_and_temporary(home, tmp_path_factory):
    assert Path.home() == home
    assert home.is_relative_to(tmp_path_factory.getbasetemp())
    assert list(home.iterdir()) == []


def test_the_machines_zone_is_a_strange_one():
    assert time.localtime(0).tm_gmtoff == 45900  # 12:45, on a winter's day of 1970


def test_no_setting_of_the_machine_is_left():
    assert [name for name in os.environ if name.startswith(("MAGICLOOP_", "XDG_"))] == []
    assert {"NO_COLOR", "FORCE_COLOR", "EDITOR", "JOURNAL_STREAM"}.isdisjoint(os.environ)


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_the_network_is_out_of_reach():
    with pytest.raises((SocketBlockedError, SocketConnectBlockedError)):
        socket.create_connection(("192.0.2.1", 80), timeout=0.01)
