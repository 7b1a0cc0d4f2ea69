"""`backup` and `restore`: everything comes back byte for byte, and only what was kept."""

import gzip
import hashlib
import io
import json
import re
import sqlite3
import tarfile
from contextlib import closing

import pytest

from automations.store.chain import check_log
from automations.store.migrate import VERSION

from .conftest import seen, wipe


def test_all_comes_back_as_it_was(kept, magicloop, read):
    before = seen(magicloop)
    files = {
        path: path.read_bytes() for path in (*kept.drafts.iterdir(), kept.blocks, kept.config, kept.template)
    }
    assert len(files) >= 4
    wipe(kept)

    done = magicloop("restore", kept.file)

    assert done.exit_code == 0, done.output
    assert seen(magicloop) == before
    assert {path: path.read_bytes() for path in files} == files
    assert read("log", "verify")["ok"] is True
    again = read("run")
    assert [one["kind"] for one in again["actions"]] == []
    doctor = read("doctor")["rows"]
    assert not [one for one in doctor if one["state"] == "error"]


def test_what_a_backup_makes_is_closed_to_others(kept, magicloop):
    assert kept.file.stat().st_mode & 0o777 == 0o600
    wipe(kept)
    magicloop("restore", kept.file)

    for path in (kept.journal, kept.config, kept.blocks, *kept.drafts.iterdir(), kept.template):
        assert path.stat().st_mode & 0o077 == 0, path
    for folder in (kept.data, kept.drafts):
        assert folder.stat().st_mode & 0o077 == 0, folder


def manifest_of(file):
    with tarfile.open(file) as tar:
        return json.load(tar.extractfile("manifest.json"))


def test_a_backup_says_what_it_holds_and_any_tar_opens_it(kept):
    manifest = manifest_of(kept.file)

    assert (manifest["layout"], manifest["person"], manifest["secrets"]) == (
        VERSION,
        "sam@example.com",
        False,
    )
    assert manifest["log"]["lines"] == check_log(str(kept.journal)).lines
    with tarfile.open(kept.file) as tar:
        names = tar.getnames()
        for one in manifest["files"]:
            content = tar.extractfile(one["name"]).read()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (one["size"], one["sha256"])
    assert names == ["manifest.json", *(one["name"] for one in manifest["files"])]
    assert {"journal.db", "config.toml", "blocks.ics", "templates/email/offer-ask/subject.j2"} < set(names)


def test_a_backup_never_writes_over_a_file_and_leaves_nothing_beside_it(kept, magicloop, tmp_path, home):
    before = kept.file.read_bytes()

    refused = magicloop("backup", kept.file)

    assert refused.exit_code == 1
    assert "is there already" in refused.stderr
    assert kept.file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.tar.gz"]


def test_a_folder_gets_a_file_named_by_the_persons_clock(lived, magicloop, tmp_path):
    assert magicloop("backup", tmp_path).exit_code == 0

    assert [path.name for path in tmp_path.iterdir()] == ["magicloop-2026-11-03-0900.tar.gz"]


def test_a_place_that_cannot_be_written_is_an_error(lived, magicloop, tmp_path):
    done = magicloop("backup", tmp_path / "none/kept.tar.gz")

    assert done.exit_code == 1
    assert "No such file or directory" in done.stderr


def test_there_is_nothing_to_keep_of_the_sample_or_before_the_first_run(frozen, magicloop, own, home):
    assert "nothing of yours" in magicloop("backup").stderr
    own.config.unlink()
    magicloop("run")
    assert "nothing of yours" in magicloop("backup").stderr


def test_a_run_that_is_at_work_does_not_tear_a_backup(lived, magicloop, tmp_path):
    """Another connection holds a half-done write the whole time; the copy is of the instant before."""
    with closing(sqlite3.connect(lived.journal, isolation_level=None)) as at_work:
        at_work.execute("BEGIN IMMEDIATE")
        at_work.execute("UPDATE idea SET text = 'half'")
        assert magicloop("backup", tmp_path / "kept.tar.gz").exit_code == 0
        at_work.execute("ROLLBACK")
    with tarfile.open(tmp_path / "kept.tar.gz") as tar:
        tar.extract("journal.db", tmp_path, filter="data")
    with closing(sqlite3.connect(tmp_path / "journal.db")) as copy:
        assert copy.execute("SELECT text FROM idea").fetchall() == [("pay by voice",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_name_too_long_for_a_tar_comes_back_all_the_same(lived, magicloop, tmp_path):
    (draft,) = lived.drafts.iterdir()
    longer = draft.rename(draft.with_name("\u00e4" * 100 + ".eml"))
    content = longer.read_bytes()
    magicloop("backup", tmp_path / "kept.tar.gz")
    wipe(lived)

    assert magicloop("restore", tmp_path / "kept.tar.gz").exit_code == 0

    assert longer.read_bytes() == content


def test_secrets_are_kept_only_when_asked_for(lived, magicloop, tmp_path):
    token, password = lived.data / "google-token.json", lived.config.parent / "password"
    lived.config.write_text(
        lived.config.read_text()
        + '[smtp]\nhost = "mail.example.com"\nuser = "sam"\npassword = {file = "password"}\n'
    )
    for path in (token, password):
        path.write_text("canary-4711")
        path.chmod(0o600)
    assert "no secrets" in magicloop("backup", tmp_path / "without.tar.gz").stdout
    assert "like a key" in magicloop("backup", tmp_path / "with.tar.gz", "--with-secrets").stdout

    assert b"canary-4711" not in gzip.decompress((tmp_path / "without.tar.gz").read_bytes())
    password.unlink()
    wipe(lived)
    assert magicloop("restore", tmp_path / "with.tar.gz").exit_code == 0
    for path in (token, password):
        assert (path.read_text(), path.stat().st_mode & 0o777) == ("canary-4711", 0o600)


def test_a_monitors_address_that_was_left_out_is_told_of_at_both_ends(lived, magicloop, tmp_path):
    address = "https://monitor.test/ping/4711"
    lived.config.write_text(lived.config.read_text() + f'[monitor]\nping_url = "{address}"\n')
    file = tmp_path / "kept.tar.gz"
    assert "monitor's address was left out" in magicloop("backup", file).stdout
    wipe(lived)

    restored = magicloop("restore", file)

    assert "monitor's address is not in the backup" in restored.stdout
    assert address not in lived.config.read_text()
    judged = magicloop("doctor").stdout
    assert re.search(r"error +monitor +the monitor's address was left out of the backup", judged)


# --- restoring over something -------------------------------------------------------------------


def test_a_journal_that_is_there_is_not_written_over(kept, magicloop, tree, home):
    before = tree(home)

    done = magicloop("restore", kept.file)

    assert done.exit_code == 1
    assert "--force" in done.stderr
    assert tree(home) == before


def moved_aside(done):
    return set(re.findall(r"^moved aside    (.+)$", done.stdout, re.MULTILINE))


def test_force_moves_what_is_there_aside(kept, magicloop, read):
    magicloop("idea", "add", "a later one")
    newer = kept.journal.read_bytes()
    kept.config.write_text(kept.config.read_text() + "\n# later\n")
    kept.template.write_text("later")

    done = magicloop("restore", kept.file, "--force")

    assert done.exit_code == 0, done.output
    assert [one["text"] for one in read("idea", "list")["ideas"]] == ["pay by voice"]
    assert "# later" not in kept.config.read_text()
    (aside,) = kept.data.glob("journal.db.before-*")
    every = {str(path) for folder in (kept.data, kept.config.parent) for path in folder.rglob("*.before-*")}
    assert moved_aside(done) == every
    assert len(every) == 3
    with closing(sqlite3.connect(aside)) as old:
        assert old.execute("SELECT count(*) FROM idea").fetchone() == (2,)
    assert len(newer) > 0
    assert "# later" in next(kept.config.parent.glob("config.toml.before-*")).read_text()


@pytest.mark.parametrize("links", [True, False])
def test_restoring_twice_in_a_second_keeps_everything_aside(kept, magicloop, read, monkeypatch, links):
    def without(self, target):
        raise PermissionError(1, "Operation not permitted")

    if not links:  # as on exFAT
        monkeypatch.setattr("pathlib.Path.hardlink_to", without)
    for text in ("second", "third"):
        magicloop("idea", "add", text)
        assert magicloop("restore", kept.file, "--force").exit_code == 0

    held = set()
    for aside in kept.data.glob("journal.db.before-*"):
        with closing(sqlite3.connect(aside)) as old:
            held.update(text for (text,) in old.execute("SELECT text FROM idea"))
    assert held == {"pay by voice", "second", "third"}
    assert [one["text"] for one in read("idea", "list")["ideas"]] == ["pay by voice"]


def test_a_damaged_journal_is_replaced_by_force_and_kept(kept, magicloop, read):
    kept.journal.write_bytes(b"nonsense" * 1000)

    assert magicloop("restore", kept.file, "--force").exit_code == 0

    assert read("log", "verify")["ok"] is True
    assert next(kept.data.glob("journal.db.before-*")).read_bytes() == b"nonsense" * 1000


def test_writes_whose_journal_is_gone_are_moved_aside_too(kept, magicloop, read):
    kept.journal.unlink()
    kept.journal.with_name("journal.db-wal").write_bytes(b"x" * 100)

    done = magicloop("restore", kept.file, "--force")

    assert done.exit_code == 0
    assert read("log", "verify")["ok"] is True
    (aside,) = kept.data.glob("journal.db.before-*-wal")
    assert aside.read_bytes() == b"x" * 100
    assert moved_aside(done) == {str(aside)}


def test_a_journal_that_another_program_has_open_stays(kept, magicloop, read):
    magicloop("idea", "add", "a later one")
    config = kept.data.parents[2] / ".config/magicloop/config.toml"
    config.write_text(config.read_text() + "\n# mine\n")
    with closing(sqlite3.connect(kept.journal, isolation_level=None)) as other:
        other.execute("SELECT count(*) FROM idea").fetchall()
        done = magicloop("restore", kept.file, "--force")

    assert done.exit_code == 1
    assert config.read_text().endswith("# mine\n"), "nothing is moved before it is known that all can be"
    assert "has the journal open" in done.stderr
    assert len(read("idea", "list")["ideas"]) == 2


def test_drafts_and_blocks_that_are_there_stay_as_they_are(kept, magicloop):
    (draft,) = kept.drafts.iterdir()
    draft.write_bytes(draft.read_bytes() + b"\r\nmine\r\n")
    kept.journal.unlink()

    done = magicloop("restore", kept.file)

    assert done.exit_code == 0, done.output
    assert draft.read_bytes().endswith(b"mine\r\n")
    assert "left as it is" in done.stdout


def test_a_restore_waits_for_no_run_for_ever(kept, magicloop):
    import fcntl

    kept.journal.unlink()
    with (kept.data / "run.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        from automations import wiring

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wiring, "HAND_LOCK_SECONDS", 0)
            assert magicloop("restore", kept.file).exit_code == 11
    assert not kept.journal.exists()


def test_another_persons_backup_needs_force_and_brings_their_config(kept, magicloop, read):
    kept.config.write_text(kept.config.read_text().replace("sam@example.com", "ann@example.com"))

    refused = magicloop("restore", kept.file)
    assert refused.exit_code == 1
    assert magicloop("restore", kept.file, "--force").exit_code == 0
    assert "sam@example.com" in kept.config.read_text()


def test_a_first_use_can_be_a_restore(kept, magicloop, read):
    """On a new machine the sample stands in until the backup is there."""
    before = seen(magicloop)
    wipe(kept)
    magicloop("run")  # the sample

    assert magicloop("restore", kept.file).exit_code == 0

    assert seen(magicloop) == before
    assert read("status")["sample"] is False


def test_an_older_layout_is_brought_up_to_date(kept, magicloop, read, tmp_path):
    assert read("doctor")  # the journal is whole before
    file = rebuilt(kept.file, tmp_path, journal=lambda path: set_layout(path, VERSION))
    wipe(kept)

    assert magicloop("restore", file).exit_code == 0


def test_what_was_approved_is_to_be_approved_again(lived, magicloop, read, tmp_path, monkeypatch):
    """It may have been sent after the backup was made, and must not go a second time."""
    shown = read("draft", "list")["drafts"][0]
    with closing(sqlite3.connect(lived.journal, isolation_level=None)) as db:
        db.execute(
            "INSERT INTO approval SELECT 'a1', person, id, text_rev, hash, '[]', created, created, created,"
            " 'live', 1, x'' FROM draft WHERE id = ?",
            (shown["id"],),
        )
        db.execute("UPDATE draft SET state = 'approved', rev = rev + 1 WHERE id = ?", (shown["id"],))
    magicloop("backup", tmp_path / "kept.tar.gz")
    wipe(lived)

    done = magicloop("restore", tmp_path / "kept.tar.gz")

    assert "1 approved mail waits for you again" in done.stdout
    (draft,) = read("draft", "list")["drafts"]
    assert (draft["id"], draft["state"]) == (shown["id"], "waiting")
    with closing(sqlite3.connect(lived.journal)) as db:
        assert db.execute("SELECT state FROM approval").fetchall() == [("void",)]
    assert read("log", "verify")["ok"] is True


# --- archives that are not as they were written -------------------------------------------------


def set_layout(path, layout):
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={layout}")


def rebuilt(file, tmp_path, *, journal=None, files=None, manifest=None, members=None, honest=True):
    """Make another archive out of one: with the journal, files, manifest or tar members changed."""
    with tarfile.open(file) as tar:
        told = json.load(tar.extractfile("manifest.json"))
        held = [(one, tar.extractfile(one["name"]).read()) for one in told["files"]]
    if journal:
        place = tmp_path / "changed.db"
        place.write_bytes(held[0][1])
        journal(place)
        held[0] = (held[0][0], place.read_bytes())
    if files:
        held = files(held)
    if honest:
        for one, content in held:
            one["size"], one["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    told["files"] = [one for one, _ in held]
    if manifest:
        manifest(told)
    text = json.dumps(told).encode()
    named = [("manifest.json", text), *((one["name"], content) for one, content in held)]
    infos = []
    for name, content in named:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        infos.append((info, content))
    if members:
        infos = members(infos)
    target = tmp_path / "rebuilt.tar.gz"
    with tarfile.open(target, "w:gz", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in infos:
            tar.addfile(info, io.BytesIO(content))
    return target


def with_file(kind, path, content=b"x"):
    return lambda held: [*held, ({"name": "more", "kind": kind, "path": path}, content)]


def with_member(**fields):
    def add(infos):
        info = tarfile.TarInfo(fields.pop("name", "more"))
        for name, value in fields.items():
            setattr(info, name, value)
        return [*infos, (info, b"")]

    return add


def changed_byte(held):
    one, content = held[1]
    return [held[0], (one, content.replace(b"Sam", b"Bob")), *held[2:]]


def renamed(infos, name):
    infos[1][0].name = name
    return infos


TAMPERED = {
    "a byte of the config": {"files": changed_byte, "honest": False},
    "a file more, named in the manifest, that leads out": {"files": with_file("draft", "../../x.eml")},
    "an absolute path": {"files": with_file("template", "/etc/x.j2")},
    "a template that leads out": {"files": with_file("template", "email/../../../x.j2")},
    "a template that hides": {"files": with_file("template", ".x/y.j2")},
    "a template that is none": {"files": with_file("template", "email/x.sh")},
    "a path with a backslash": {"files": with_file("draft", "..\\x.eml")},
    "a path with a zero": {"files": with_file("draft", "x\0.eml")},
    "a draft in a folder": {"files": with_file("draft", "a/b.eml")},
    "a kind nobody knows": {"files": with_file("cron", "x.j2")},
    "a secret nobody knows": {"files": with_file("secret", "../x")},
    "blocks with a path": {"files": with_file("blocks", "google-token")},
    "a second config": {"files": with_file("config", "")},
    "a file twice": {"files": lambda held: with_file("draft", "a.eml")(with_file("draft", "a.eml")(held))},
    "no config": {"files": lambda held: [one for one in held if one[0]["kind"] != "config"]},
    "a symbolic link": {"members": with_member(type=tarfile.SYMTYPE, linkname="/etc/passwd")},
    "a hard link": {"members": with_member(type=tarfile.LNKTYPE, linkname="journal.db")},
    "a folder": {"members": with_member(type=tarfile.DIRTYPE)},
    "a device": {"members": with_member(type=tarfile.CHRTYPE)},
    "a pipe": {"members": with_member(type=tarfile.FIFOTYPE)},
    "a file that no manifest names": {"members": with_member(name="stray")},
    "a name that leads out": {"members": lambda infos: renamed(infos, "../journal.db")},
    "members in another order": {"members": lambda infos: [infos[0], *reversed(infos[1:])]},
    "a member short": {"members": lambda infos: infos[:-1]},
    "no manifest": {"members": lambda infos: infos[1:]},
    "a manifest that is no list": {"manifest": lambda told: told.update(files={"a": 1})},
    "a manifest with a size of text": {"manifest": lambda told: told["files"][0].update(size="1")},
    "a newer kind of backup": {"manifest": lambda told: told.update(backup=99)},
    "a journal of a newer layout": {"journal": lambda path: set_layout(path, 999)},
    "a journal of no layout": {"journal": lambda path: set_layout(path, 0)},
    "a journal that is none": {"journal": lambda path: path.write_bytes(b"x" * 5000)},
    "a config that is none": {"files": lambda held: [held[0], (held[1][0], b"[me"), *held[2:]]},
    "a config of somebody else": {
        "files": lambda held: [
            held[0],
            (held[1][0], held[1][1].replace(b"sam@example.com", b"ann@example.com")),
            *held[2:],
        ]
    },
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_an_archive_that_was_tampered_with_is_refused_and_nothing_is_made(
    kept, magicloop, tmp_path, home, tree, change
):
    file = rebuilt(kept.file, tmp_path, **change)
    wipe(kept)
    before = {name for name in tree(home) if "magicloop" in name}

    done = magicloop("restore", file)

    assert done.exit_code in (1, 10), done.output
    assert done.stderr.startswith("error: ")
    assert "fix:" in done.stderr
    left = {name for name in tree(home) if "magicloop" in name} - before
    assert left <= {".local/share/magicloop", ".local/share/magicloop/run.lock"}


def huge(tmp_path, claimed):
    """Make an archive of a few bytes whose member claims to be, and unpacks to, very much."""
    info = tarfile.TarInfo("manifest.json")
    info.size = claimed
    file = tmp_path / "huge.tar.gz"
    with gzip.open(file, "wb", 9) as packed:
        packed.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(min(claimed, 64 * 1024**2) // 1024**2):
            packed.write(b" " * 1024**2)
    return file


@pytest.mark.parametrize("claimed", [64 * 1024**2, 8 * 1024**3 - 1])
def test_a_huge_member_is_refused_before_it_fills_memory_or_disk(kept, magicloop, tmp_path, claimed):
    wipe(kept)

    done = magicloop("restore", huge(tmp_path, claimed))

    assert done.exit_code == 1
    assert "too long" in done.stderr or "more than a backup can" in done.stderr
    assert [path.name for path in kept.data.iterdir()] == ["run.lock"]


NO_ARCHIVES = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[: len(data) // 2],
    "text": lambda data: b"hello",
    "gzip of nothing": lambda data: gzip.compress(b""),
    "gzip of text": lambda data: gzip.compress(b"hello" * 1000),
    "a tar without its zip": gzip.decompress,
    "something after the end": lambda data: gzip.compress(gzip.decompress(data) + b"more"),
    "a lot of zeros after the end": lambda data: gzip.compress(gzip.decompress(data) + b"\0" * 100_000),
    "pax headers": lambda data: gzip.compress(pax()),
}


def pax():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("manifest.json")
        info.pax_headers = {"comment": "x" * 5000}
        tar.addfile(info)
    return stream.getvalue()


@pytest.mark.parametrize("change", NO_ARCHIVES.values(), ids=NO_ARCHIVES)
def test_a_file_that_is_no_whole_archive_is_refused(kept, magicloop, tmp_path, change):
    file = tmp_path / "other.tar.gz"
    file.write_bytes(change(kept.file.read_bytes()))
    wipe(kept)

    done = magicloop("restore", file)

    assert done.exit_code == 1
    assert str(file) in done.stderr
    assert [path.name for path in kept.data.iterdir()] == ["run.lock"]


def test_every_changed_byte_of_an_archive_is_seen_or_harmless(kept, magicloop, tmp_path):
    """Each of some hundred bytes of the unpacked archive is changed in turn; nothing else comes back."""
    before = seen(magicloop)
    plain = gzip.decompress(kept.file.read_bytes())
    wipe(kept)
    refused = 0
    file = tmp_path / "other.tar.gz"
    for at in range(0, len(plain), len(plain) // 30):
        file.write_bytes(gzip.compress(plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1 :], 1))
        if magicloop("restore", file).exit_code:
            refused += 1
            assert not kept.journal.exists()
        else:  # what no reader looks at: the filling between files
            assert seen(magicloop) == before
            wipe(kept)
    assert refused > 20


def test_a_backup_that_is_not_there(frozen, own, magicloop, tmp_path):
    done = magicloop("restore", tmp_path / "none.tar.gz")

    assert done.exit_code == 1
    assert "No such file" in done.stderr
    assert [path.name for path in own.data.iterdir()] == ["run.lock"]
