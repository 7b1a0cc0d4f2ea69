"""The person's own templates, rendered in a process of their own that may run only so long and so big.

A sandbox stops a template from reaching out, not from looping for ever or filling the memory; only
the operating system can. The child gets the facts as JSON, answers in JSON, and is killed if it does
not. Templates that are all built in need none of this: `Composer` renders them in this process.
"""

from __future__ import annotations

import contextlib
import json
import os.path
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import jinja2

from automations.compose.text import Composer, plain_facts
from automations.errors import TemplateFaultError
from automations.model.text import plain
from automations.model.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

WALL_SECONDS = 5.0
CPU_SECONDS = 2
MEMORY_BYTES = 512 * 1024 * 1024
MAX_SOURCE = 256 * 1024
_MAX_ANSWER = 8 * 1024 * 1024
_FIX = "correct that file, or delete it so that the built-in template is used"
# The child runs isolated (-I), so nothing in the environment or the current folder can stand in for
# a module; where this process found its modules, the child finds them too.
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from automations.providers.confined import main; main()"
)


class RootedLoader(jinja2.BaseLoader):
    """Finds templates in folders, the first first, and never outside them, whatever links say."""

    def __init__(self, roots: Sequence[str], told: Callable[[str], None] = lambda _: None) -> None:
        self._roots = tuple(roots)
        self._told = told

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return (source, path, whether it is still the same); `told` hears each path that is used.

        :raises TemplateFaultError: the file leads outside its folder, is too long or cannot be read.
        """
        del environment
        parts = jinja2.loaders.split_template_path(template)
        for root in self._roots:
            path = Path(root, *parts)
            if os.path.lexists(path):
                self._told(str(path))
                return self._read(Path(root), path), str(path), lambda: True
        raise jinja2.TemplateNotFound(template)

    def _read(self, root: Path, path: Path) -> str:
        try:
            real = path.resolve(strict=True)
            if not real.is_relative_to(root.resolve(strict=True)):
                raise _fault(f"{path.name} is a link that leads out of the templates folder", str(path))
            if not real.is_file():
                raise _fault(f"{path.name} is no file", str(path))
            if real.stat().st_size > MAX_SOURCE:
                raise _fault(f"{path.name} is longer than {MAX_SOURCE // 1024} KiB", str(path))
            return real.read_text("utf-8")
        except (OSError, RuntimeError) as fault:  # resolve raises RuntimeError for links that go round
            raise _fault(f"{path.name} cannot be read: {plain(str(fault))}", str(path)) from fault
        except UnicodeDecodeError as fault:
            line = fault.object.count(b"\n", 0, fault.start) + 1
            raise _fault(f"{path.name} is not UTF-8 text", f"{path}:{line}") from fault


class ConfinedRenderer:
    """Renders templates from `roots`, the person's folders first and the built-in one last.

    It is a `ports.Renderer`. Each mail or event is one child process of at most 5 seconds.
    """

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._roots = roots

    def render_mail(self, name: str, facts: Mapping[str, object]) -> Words:
        """Render a mail, as `Composer.render_mail`.

        :raises TemplateFaultError: naming the file; nothing was made.
        """
        subject, text, page = self._ask("mail", name, facts, 3)
        return Words(subject, text, page)

    def render_event(self, name: str, facts: Mapping[str, object]) -> tuple[str, str]:
        """Render an event to (summary, description), as `Composer.render_event`.

        :raises TemplateFaultError: naming the file; nothing was made.
        """
        summary, description = self._ask("event", name, facts, 2)
        return summary, description

    def faults(self, names: Sequence[str]) -> tuple[TemplateFaultError, ...]:
        """Compile the named templates, all in one child; return what is wrong with each, file by file.

        :raises TemplateFaultError: one of them cannot even be compiled within the limits.
        """
        (told,) = self._ask("compile", "templates", {"names": list(names)}, 1)
        return tuple(TemplateFaultError(what, where=where, fix=fix) for what, where, fix in json.loads(told))

    def _ask(self, kind: str, name: str, facts: Mapping[str, object], parts: int) -> list[str]:
        question = {"kind": kind, "name": name, "facts": plain_facts(facts), "roots": self._roots}
        command = [sys.executable, "-I", "-B", "-c", _BOOT, json.dumps([path for path in sys.path if path])]
        try:
            child = subprocess.run(  # noqa: S603 - our own interpreter and our own module
                command,
                input=json.dumps(question).encode("ascii"),
                capture_output=True,
                timeout=WALL_SECONDS,
                check=False,
                env={},
                cwd="/",
            )
        except subprocess.TimeoutExpired as fault:
            where = _last_used(fault.stderr or b"", kind, name)
            raise _fault(
                f"the template {name} was not done after {WALL_SECONDS:.0f} seconds", where
            ) from fault
        answer = _understood(child.stdout, parts)
        if answer is None:
            where = _last_used(child.stderr, kind, name)
            raise _fault(f"the template {name} used too much time or memory and was stopped", where)
        if "fault" in answer:
            raise TemplateFaultError(answer["fault"], where=answer["where"], fix=answer["fix"])
        words: list[str] = answer["words"]
        return words


def main() -> None:
    """Answer one question on standard input; the child's whole life."""
    question = json.loads(sys.stdin.buffer.read())
    composer = Composer(RootedLoader(question["roots"], told=_tell))
    _limit()
    try:
        if question["kind"] == "mail":
            mail = composer.render_mail(question["name"], question["facts"])
            words = [mail.subject, mail.body_text, mail.body_html]
        elif question["kind"] == "compile":
            found = composer.faults(question["facts"]["names"])
            words = [json.dumps([(fault.what, fault.where, fault.fix) for fault in found])]
        else:
            words = [*composer.render_event(question["name"], question["facts"])]
        answer: dict[str, Any] = {"words": words}
    except TemplateFaultError as fault:
        answer = {"fault": fault.what, "where": fault.where, "fix": fault.fix}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


def _tell(path: str) -> None:
    """Tell the parent which file comes next, for when this process does not live to say it."""
    sys.stderr.write(json.dumps(path) + "\n")
    sys.stderr.flush()


def _limit() -> None:
    """Bound this process, as far as the platform can: time to compute, memory, files written."""
    try:
        import resource
        import signal
    except ImportError:  # no such limits here; the parent still watches the clock
        return

    def out_of_time(signum: int, frame: object) -> NoReturn:
        del signum, frame
        raise TimeoutError(f"it computed for more than {CPU_SECONDS} seconds")

    signal.signal(signal.SIGXCPU, out_of_time)
    for name, soft, hard in (
        ("RLIMIT_CPU", CPU_SECONDS, CPU_SECONDS + 1),
        ("RLIMIT_AS", MEMORY_BYTES, MEMORY_BYTES),
        ("RLIMIT_FSIZE", 0, 0),
        ("RLIMIT_CORE", 0, 0),
    ):
        # A platform may know a limit and refuse it (address space on macOS).
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (soft, hard))


def _understood(raw: bytes, parts: int) -> dict[str, Any] | None:
    """Return the child's answer, None when it died before it had one."""
    if len(raw) > _MAX_ANSWER:
        return None
    try:
        answer = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    if all(isinstance(answer.get(key), str) for key in ("fault", "where", "fix")):
        return answer
    words = answer.get("words")
    sound = isinstance(words, list) and len(words) == parts and all(isinstance(word, str) for word in words)
    return answer if sound else None


def _last_used(raw: bytes, kind: str, name: str) -> str:
    """Return the file the child had come to when it was stopped."""
    for line in reversed(raw.splitlines()):
        with contextlib.suppress(ValueError):
            path = json.loads(line)
            if isinstance(path, str):
                return plain(path)
    return f"{'email' if kind == 'mail' else kind}/{name}"


def _fault(what: str, where: str) -> TemplateFaultError:
    return TemplateFaultError(what, where=where, fix=_FIX)
