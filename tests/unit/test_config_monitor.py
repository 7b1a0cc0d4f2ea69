"""`[monitor]`: its address written in any of four ways, and every way to get it wrong, without showing it."""

import json

import pytest

from automations.config.load import load, parse
from automations.config.monitor import monitor_at, monitor_despite
from automations.config.schema import schema_text
from automations.errors import ConfigError

ME = '[me]\nname = "Sam Lee"\nemail = "sam@example.com"\ntimezone = "Europe/Berlin"\n'
SECRET = "4f1c-CANARY"


def monitor_of(text):
    return parse(f"{ME}\n{text}".encode(), "/c/config.toml", "/d").policy.monitor


def problems_of(text):
    with pytest.raises(ConfigError) as caught:
        monitor_of(text)
    assert SECRET not in str(caught.value)
    return [(problem.key, problem.what) for problem in caught.value.problems]


def test_without_the_section_there_is_no_monitor():
    assert not parse(ME.encode(), "/c/config.toml", "/d").policy.monitor


@pytest.mark.parametrize(
    "text",
    [
        f'[monitor]\nping_url = "https://hc.test/{SECRET}"',
        f'[monitor.ping_url]\nurl = "https://hc.test/{SECRET}"',
        f'monitor = {{ping_url = "https://hc.test/{SECRET}"}}',
    ],
)
def test_the_address_may_stand_in_the_config_and_is_never_shown(text):
    text = f"{text}\n{ME}" if text.startswith("monitor") else f"{ME}\n{text}"
    monitor = parse(text.encode(), "/c/config.toml", "/d").policy.monitor
    assert monitor.url == f"https://hc.test/{SECRET}"
    assert SECRET not in repr(monitor)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('{env = "PING_URL"}', ("PING_URL", "", "")),
        ('{file = "ping-url"}', ("", "/c/ping-url", "")),
        ('{command = "pass show monitor"}', ("", "", "pass show monitor")),
    ],
)
def test_or_where_it_is_kept(written, kept):
    monitor = monitor_of(f"[monitor]\nping_url = {written}")
    assert (monitor.place.env, monitor.place.file, monitor.place.command) == kept
    assert monitor.url == ""
    assert monitor


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        (f'ping_url = "http://hc.test/{SECRET}"', "monitor.ping_url.url", "not https"),
        (f'ping_url = "hc.test/{SECRET}"', "monitor.ping_url.url", "with https://"),
        (f'ping_url = "https://me:{SECRET}@hc.test/"', "monitor.ping_url.url", "before the @"),
        (f'ping_url = "https://hc.test/{SECRET}\\n"', "monitor.ping_url.url", "line break"),
        (f'ping_url = "https://hc.test/ä{SECRET}"', "monitor.ping_url.url", "character"),
        (f'ping_url = ["https://hc.test/{SECRET}"]', "monitor.ping_url", 'write ping_url = "https://'),
        (f'ping_url = {{url = "https://hc.test/{SECRET}", env = "A"}}', "monitor.ping_url", "url and env"),
        ('ping_url = {env = "A", file = "b"}', "monitor.ping_url", "env and file"),
        ('style = "plain"', "monitor.ping_url", "missing beside monitor.style"),
        ('ping_url = "https://hc.test/x"\nstyle = "kuma"', "monitor.style", "uptime-kuma"),
    ],
)
def test_each_way_to_get_it_wrong_is_named(text, key, said):
    ((found, what),) = problems_of(f"[monitor]\n{text}")
    assert found == key
    assert said in what


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (f'{ME}\n[offers]\nhours = -1\n[monitor]\nping_url = "https://hc.test/{SECRET}"\n', True),
        (f'{ME}\n[monitor]\nping_url = "http://hc.test/{SECRET}"\n', False),
        (f'{ME}\n[monitor]\nping_url = "https://hc.test/{SECRET}"\nstyle = "kuma"\n', False),
        (f'{ME}\nboss = 1\n[[monitor]]\nping_url = "https://hc.test/{SECRET}"\n', False),
        ("[monitor\n", False),
        (None, False),
    ],
)
def test_it_is_known_also_where_only_the_rest_of_the_config_is_wrong(tmp_path, text, known):
    path = tmp_path / "config.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(str(path), "/d")
    found = monitor_despite(caught.value, str(path))
    assert (found is not None and found.url.endswith(SECRET)) is known


def test_it_is_known_where_there_is_no_home_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.setattr("pathlib.Path.home", lambda: 1 / 0)
    path = tmp_path / "config.toml"
    path.write_text(f'{ME}\n[mail]\nfolder = "~/mail"\n[monitor]\nping_url = "https://hc.test/{SECRET}"\n')
    with pytest.raises(ConfigError, match="~: cannot be used: this machine names no home folder") as caught:
        load(str(path), "/d")
    found = monitor_despite(caught.value, str(path))
    assert found is not None
    assert found.url.endswith(SECRET)

    path.write_text(f'{ME}\n[monitor]\nping_url = {{file = "~/ping-url"}}\n')
    with pytest.raises(ConfigError, match="no home folder") as caught:
        load(str(path), "/d")
    assert monitor_despite(caught.value, str(path)) is None


def test_no_program_of_a_config_that_others_can_write_to_is_started_for_it(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(f'{ME}\n[monitor]\nping_url = {{command = "pass show monitor"}}\n')
    path.chmod(0o666)
    with pytest.raises(ConfigError) as caught:
        load(str(path), "/d")
    assert monitor_despite(caught.value, str(path)) is None


@pytest.mark.parametrize(
    "text",
    [
        'ping_url = "https://hc.test/x"',
        'ping_url = "https://hc.test/x"\nstyle = "plain"',
        'ping_url = {url = "https://hc.test/x"}',
        'ping_url = {env = "PING_URL"}',
        'ping_url = {file = "kept/ping-url"}',
        'ping_url = {file = "~/ping-url"}',
        'ping_url = {file = "/etc/ping-url"}',
        'ping_url = {command = "pass show monitor"}',
    ],
)
def test_a_run_with_nothing_due_reads_the_same_without_the_checks(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(f"\ufeff{ME}\n[monitor]\n{text}\n", encoding="utf-8")
    assert monitor_at(str(path)) == load(str(path), "/d").policy.monitor


@pytest.mark.parametrize(
    "text", ["", "[monitor\n", "[monitor]\n", "monitor = 1\n", "[monitor]\nping_url = 1\n"]
)
def test_and_gives_up_where_it_is_not_as_the_checks_would_have_it(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    assert monitor_at(str(path)) is None
    assert monitor_at(str(tmp_path)) is None


def test_editors_take_a_text_and_a_table_for_it():
    schema = json.loads(schema_text())
    kinds = schema["$defs"]["Monitor"]["properties"]["ping_url"]["anyOf"]
    assert kinds == [{"type": "string"}, {"$ref": "#/$defs/PingUrl"}]
