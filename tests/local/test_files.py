"""A file is written whole or not at all."""

import os
import resource
import signal

import pytest

from automations.errors import ConflictError, FaultClass, ProviderError
from automations.providers.local.files import create_new, read, replace_if, sha256


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_and_its_folders_are_made_for_the_person_alone(tmp_path):
    umask = os.umask(0)
    try:
        replace_if(tmp_path / "a" / "b.ics", b"one", None)
        create_new(tmp_path / "c" / "d.eml", b"two")
    finally:
        os.umask(umask)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b.ics", "c", "c/d.eml")]
    assert modes == [0o700, 0o600, 0o700, 0o600]
    assert (read(tmp_path / "a" / "b.ics"), read(tmp_path / "c" / "d.eml")) == (b"one", b"two")


def test_read_tells_missing_from_unreadable(tmp_path):
    assert read(tmp_path / "none") is None
    with pytest.raises(ProviderError) as caught:
        read(tmp_path)
    assert caught.value.fault is FaultClass.PERMANENT


def test_a_new_file_never_takes_the_place_of_another(tmp_path):
    path = tmp_path / "a.eml"
    path.write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        create_new(path, b"ours")
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["a.eml"]


def test_a_new_file_never_takes_the_place_of_another_where_there_are_no_hard_links(tmp_path, monkeypatch):
    path = tmp_path / "a.eml"

    def without(self, target):  # as on exFAT; and somebody else is quicker
        if theirs:
            path.write_bytes(theirs.pop())
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", without)
    theirs = []
    create_new(path, b"ours")
    assert path.read_bytes() == b"ours"
    path.unlink()
    theirs = [b"theirs"]
    with pytest.raises(FileExistsError):
        create_new(path, b"ours")
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["a.eml"]


def test_a_file_keeps_its_mode(tmp_path):
    path = tmp_path / "a.ics"
    create_new(path, b"one")
    path.chmod(0o640)
    replace_if(path, b"two", sha256(b"one"))
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o640)


def test_a_file_is_replaced_only_as_it_was_read(tmp_path):
    path = tmp_path / "a.ics"
    replace_if(path, b"one", None)
    replace_if(path, b"two", sha256(b"one"))
    with pytest.raises(ConflictError) as caught:
        replace_if(path, b"three", sha256(b"one"))
    assert caught.value.where == str(path)
    assert path.read_bytes() == b"two"
    with pytest.raises(ConflictError):
        replace_if(path, b"three", None)
    path.unlink()
    with pytest.raises(ConflictError):
        replace_if(path, b"three", sha256(b"two"))
    assert names(tmp_path) == []


def test_what_a_killed_run_left_is_swept_after_an_hour(tmp_path):
    old, young, other = tmp_path / ".ml-old", tmp_path / ".ml-young", tmp_path / ".mine"
    for path in (old, young, other):
        path.write_bytes(b"x")
    create_new(tmp_path / "a", b"x")
    now = (tmp_path / "a").stat().st_mtime
    os.utime(old, (now - 3700, now - 3700))
    os.utime(other, (now - 3700, now - 3700))
    replace_if(tmp_path / "a", b"y", sha256(b"x"))
    assert names(tmp_path) == [".mine", ".ml-young", "a"]


@pytest.fixture
def small_files():
    """Let no file of this process grow beyond 4 KiB, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_write_cut_short_leaves_the_earlier_file(tmp_path, small_files):
    path = tmp_path / "a.ics"
    create_new(path, b"earlier")
    for act in (
        lambda: replace_if(path, b"x" * 10_000, sha256(b"earlier")),
        lambda: create_new(tmp_path / "b.eml", b"x" * 10_000),
    ):
        with pytest.raises(ProviderError) as caught:
            act()
        assert caught.value.fault is FaultClass.PERMANENT
        assert caught.value.what.startswith("cannot write")
        assert caught.value.where.startswith(str(tmp_path))
        assert caught.value.fix
    assert path.read_bytes() == b"earlier"
    assert names(tmp_path) == ["a.ics"]


def test_a_file_where_a_folder_should_be_is_told(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(ProviderError) as caught:
        create_new(tmp_path / "a" / "b.ics", b"x")
    assert "part of the path is a file" in caught.value.what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ProviderError) as caught:
        create_new(tmp_path / "a", b"x")
    tmp_path.chmod(0o700)
    assert "no permission" in caught.value.what
