"""What may be on a disk after the power went, worked out from a record of the calls that were made.

Promised is only what POSIX promises: bytes of a file that was synced, and names in a folder that was
synced, each at that time. Of everything else any part may be there, in any order, but a rename is one step
and what was written is not mixed with other bytes. (The file systems people have promise more.)
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from tap import MARK, NET, SYNC

ALL_SAFE = b"all is safe"
"""A mark: by then everything has reached the disk."""
SECTOR, PAGE = 512, 4096
UNFINISHED = "/.ml-"
"""What the program calls files that it has not finished; it never reads them again."""
SHM = "-shm"
SHM_BYTES = b"\xa5" * 32768
"""SQLite writes this file by memory mapping and trusts nothing in it after a crash; it gets nonsense."""
FEW = 6
"""Of how many pending calls each is left out, and kept, alone; of more only some evenly spread."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call as it acts on things: `thing` is a file or folder, `name` and `folder` are for entries.

    `kind` is data (bytes at an offset), size (cut or grown to `at`), entry (`thing` gets the name, None: the
    name goes), sync, mark or net. A rename is an entry that also takes the name `source` (folder, name) away.
    """

    kind: str
    thing: int | None = None
    at: int = 0
    data: bytes = b""
    folder: int | None = None
    name: str = ""
    source: tuple | None = None


class Platter:
    """The history of a folder: what lay in it at first (safely), and every call since, in order."""

    def __init__(self, root):
        self.root = Path(root)
        self.files, self.folders, self.steps = {}, {}, []
        self._things, self._shm = {}, set()
        self._next = 0
        self.top = self._take_in(self.root)
        self._live = {thing: dict(names) for thing, names in self.folders.items()}

    def _new(self, inode):
        self._next += 1
        self._things[inode] = self._next
        return self._next

    def _take_in(self, path):
        thing = self._new(path.stat().st_ino)
        if path.is_dir():
            self.folders[thing] = {each.name: self._take_in(each) for each in sorted(path.iterdir())}
        else:
            self.files[thing] = path.read_bytes()
        return thing

    def play(self, records):
        """Take in what was recorded."""
        for record in records:
            for step in self._steps_of(record):
                self.steps.append(step)

    def _find(self, path):
        """Return (folder, last name) of a path as things stand; the path need not be there."""
        parts = Path(path).relative_to(self.root).parts
        folder = self.top
        for part in parts[:-1]:
            folder = self._live[folder][part]
        return folder, parts[-1]

    def _steps_of(self, record):
        kind = record.kind
        if kind in (MARK, NET):
            yield Step("mark" if kind == MARK else "net", data=record.one)
        elif kind == SYNC:
            yield Step("sync", self._things[record.inode])
        elif kind == "w":
            yield Step("data", self._things[record.inode], record.at, record.one)
        elif kind == "t":
            yield Step("size", self._things[record.inode], record.at)
        else:
            yield self._entry(record)

    def _entry(self, record):
        source, (folder, name) = None, self._find(record.target if record.kind in "lr" else record.path)
        if record.kind == "u":
            del self._live[folder][name]
            return Step("entry", folder=folder, name=name)
        if record.kind == "r":
            source = self._find(record.path)
            thing = self._live[source[0]].pop(source[1])
        elif record.kind == "l":
            thing = self._things[record.inode]
        else:
            thing = self._new(record.inode)
            if record.kind == "m":
                self._live[thing] = {}
            elif name.endswith(SHM):
                self._shm.add(thing)
        self._live[folder][name] = thing
        return Step("entry", thing, folder=folder, name=name, source=source)

    # What may be there

    def cuts(self, first=0):
        """Yield (cut, what may be there if the power goes after so many steps), beginning at `first`.

        What may be there is itself yielded as (what was kept, tree); trees map paths to bytes, None for a folder.
        """
        base, pending = _Content(dict(self.files), self.folders), []
        for cut in range(len(self.steps) + 1):
            if cut:
                pending = self._after(self.steps[cut - 1], base, pending)
            if cut >= first:
                yield cut, self._states(base, pending)

    def _after(self, step, base, pending):
        """Take one more step: what it made safe joins the base, the rest is pending. Return what is pending."""
        if step.kind in ("data", "size"):
            return pending if step.thing in self._shm else [*pending, step]
        if step.kind == "entry":
            return [*pending, step]
        if step.kind == "sync":
            safe = [
                each for each in pending if step.thing == (each.thing if each.folder is None else each.folder)
            ]
        else:
            safe = pending if step.kind == "mark" and step.data == ALL_SAFE else []
        for each in safe:
            base.take(each)
        gone = {id(each) for each in safe}
        return [each for each in pending if id(each) not in gone]

    def whole(self, cut):
        """Return the tree with every step before `cut` on the disk, as after a kill."""
        content = _Content(dict(self.files), self.folders)
        for step in self.steps[:cut]:
            content.take(step)
        return self._tree(content)

    def _states(self, base, pending):
        entries = [step for step in pending if step.kind == "entry"]
        rest = [step for step in pending if step.kind != "entry"]
        yield "all", self._kept(base, pending)
        yield "nothing unsynced", self._kept(base, [])
        yield "names without bytes", self._kept(base, entries)
        yield "bytes without names", self._kept(base, rest)
        yield "sizes without bytes", self._kept(base, [_blank(step) for step in pending])
        for length in range(1, len(pending)):
            yield f"the first {length} of {len(pending)}", self._kept(base, pending[:length])
        count = len(pending)
        spread = range(count) if count <= FEW else range(0, count, -(-count // FEW))
        for number in sorted({*spread, *range(max(0, count - 2), count)}):
            step = pending[number]
            yield f"all but {_named(step)}", self._kept(base, pending[:number] + pending[number + 1 :])
            yield f"only {_named(step)}", self._kept(base, [step])
        yield from self._torn(base, pending)

    def _torn(self, base, pending):
        last = next((step for step in reversed(pending) if step.kind == "data"), None)
        for length in (SECTOR, PAGE):
            if last is not None and len(last.data) > length:
                torn = replace(last, data=last.data[:length])
                kept = [torn if step is last else step for step in pending]
                yield f"{_named(last)} torn at {length}", self._kept(base, kept)

    def _kept(self, base, steps):
        content = base.copy()
        for step in steps:
            content.take(step)
        return self._tree(content)

    def _tree(self, content):
        tree = {}
        self._walk(self.top, "", content, tree)
        return tree

    def _walk(self, thing, path, content, tree):
        for name, below in sorted(content.folders.get(thing, {}).items()):
            where = f"{path}{name}"
            if below in self._live:
                tree[where] = None
                self._walk(below, f"{where}/", content, tree)
            else:
                tree[where] = SHM_BYTES if below in self._shm else content.files.get(below, b"")


class _Content:
    """Files by their bytes and folders by their names, as steps leave them."""

    def __init__(self, files, folders):
        self.files, self.folders = files, {thing: dict(names) for thing, names in folders.items()}

    def copy(self):
        return _Content(dict(self.files), self.folders)

    def take(self, step):
        if step.kind == "entry":
            self._name(step)
        elif step.kind in ("data", "size"):
            content = self.files.get(step.thing, b"")
            if step.kind == "size":
                content = content[: step.at].ljust(step.at, b"\0")
            else:
                content = content.ljust(step.at, b"\0")
                content = content[: step.at] + step.data + content[step.at + len(step.data) :]
            self.files[step.thing] = content

    def _name(self, step):
        names = self.folders.setdefault(step.folder, {})
        if step.source is not None:
            before = self.folders.setdefault(step.source[0], {})
            if before.get(step.source[1]) == step.thing:
                del before[step.source[1]]
        if step.thing is None:
            names.pop(step.name, None)
        else:
            names[step.name] = step.thing


def _blank(step):
    """Return a step whose bytes are those of a file that grew and was not filled."""
    return replace(step, data=bytes(len(step.data))) if step.kind == "data" else step


def _named(step):
    where = step.name or f"file {step.thing} at {step.at}"
    return f"{step.kind} {where}"


def fingerprint(tree):
    """Return what is the same for the same tree; of files being written only that they are there counts."""
    return hash(
        tuple(
            (path, content if content is None else b"" if UNFINISHED in f"/{path}" else content)
            for path, content in tree.items()
        )
    )


def lay_out(tree, root):
    """Make a folder hold exactly a tree."""
    root = Path(root)
    for each in root.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    for path, content in tree.items():
        place = root / path
        if content is None:
            place.mkdir(mode=0o700)
        else:
            place.write_bytes(content)
            place.chmod(0o600)
