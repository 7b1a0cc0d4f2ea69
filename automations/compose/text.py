"""Facts to words, by Jinja2 templates that can reach nothing but the facts.

A template is text a person may have edited or been sent, so it runs in a sandbox, gets plain values
only, and whatever goes wrong in it ends as one error that names the file and the line. Nothing is
ever left blank in silence: a missing fact is an error, not a gap in a mail to a boss.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from automations.compose.html import text_to_html
from automations.compose.words import clean_body
from automations.errors import MagicloopError, TemplateFaultError
from automations.model.text import plain
from automations.model.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

MAX_OUTPUT = 256 * 1024
"""The most characters one template may write."""

MAX_DEPTH = 8
"""How deep lists and tables of facts may nest."""

_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_BODY = "body_text"
_FIX = "correct that line, or delete the file so that the built-in template is used"
# Left out: what hides a missing fact, and what gives another text each time.
_NO_FILTERS = ("d", "default", "random")
_NO_GLOBALS = ("lipsum",)
_KINDS = {type(None): "missing (None)", bool: "true or false", list: "a list", dict: "a table"}


class Composer:
    """Renders the templates that `loader` finds; it is a `ports.Renderer`.

    A mail is `email/<name>/` with `subject.j2`, `body.txt.j2` and `body.html.j2`. The HTML template
    is given the rendered text as `body_text`, so that the parts can say the same. An event is
    `event/<name>/` with `summary.j2` and `description.txt.j2`. Beside Jinja2's own filters there are
    `pick` (one of several wordings by number), `sentence` (ends in a full stop) and `paragraphs`
    (text as HTML paragraphs).
    """

    def __init__(self, loader: jinja2.BaseLoader) -> None:
        environment = ImmutableSandboxedEnvironment(
            loader=loader,
            undefined=jinja2.StrictUndefined,
            finalize=_written,
            autoescape=_is_html,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in _NO_FILTERS:
            del environment.filters[name]
        for name in _NO_GLOBALS:
            del environment.globals[name]
        environment.filters.update(pick=pick, sentence=sentence, paragraphs=_paragraphs)
        self._environment = environment

    def render_mail(self, name: str, facts: Mapping[str, object]) -> Words:
        """Render a mail; the subject is one clean line, the bodies are tidy.

        :raises TemplateFaultError: naming file and line; nothing was made.
        :raises TypeError: a fact is no plain str, int, bool, list or dict.
        """
        folder = _folder("email", name)
        given = plain_facts(facts)
        subject = self._line(f"{folder}/subject.j2", given)
        text = self._block(f"{folder}/body.txt.j2", given)
        page = self._block(f"{folder}/body.html.j2", {**given, _BODY: text})
        return Words(subject, text, page)

    def render_event(self, name: str, facts: Mapping[str, object]) -> tuple[str, str]:
        """Render an event to (summary, description), the summary one clean line.

        :raises TemplateFaultError: naming file and line; nothing was made.
        :raises TypeError: a fact is no plain str, int, bool, list or dict.
        """
        folder = _folder("event", name)
        given = plain_facts(facts)
        return self._line(f"{folder}/summary.j2", given), self._block(f"{folder}/description.txt.j2", given)

    def faults(self, paths: Iterable[str]) -> list[TemplateFaultError]:
        """Compile the templates of these paths without running them; return what is wrong with each."""
        found = []
        for path in paths:
            try:
                self._environment.get_template(path)
            except TemplateFaultError as fault:
                found.append(fault)
            except Exception as fault:  # noqa: BLE001 - as in rendering, whatever it is becomes one error
                found.append(self._fault(path, fault))
        return found

    def _line(self, path: str, facts: dict[str, Any]) -> str:
        return self._something(path, plain(self._render(path, facts)))

    def _block(self, path: str, facts: dict[str, Any]) -> str:
        return self._something(path, clean_body(self._render(path, facts)))

    def _something(self, path: str, text: str) -> str:
        if not text:
            raise TemplateFaultError(
                f"the template {path} writes nothing", where=self._where(path, 1), fix=_FIX
            )
        return text

    def _render(self, path: str, facts: dict[str, Any]) -> str:
        try:
            return self._within_limit(path, self._environment.get_template(path).generate(facts))
        except MagicloopError:
            raise
        except Exception as fault:
            raise self._fault(path, fault) from fault

    def _within_limit(self, path: str, pieces: Iterable[str]) -> str:
        """Join what a template writes, and stop it as soon as that is too much."""
        kept: list[str] = []
        length = 0
        for piece in pieces:
            length += len(piece)
            if length > MAX_OUTPUT:
                raise TemplateFaultError(
                    f"the template {path} writes more than {MAX_OUTPUT // 1024} KiB",
                    where=self._where(path, 1),
                    fix=_FIX,
                )
            kept.append(piece)
        return "".join(kept)

    def _fault(self, path: str, fault: Exception) -> TemplateFaultError:
        """Return the one error a person sees for whatever a template did."""
        where = _place_in(fault.__traceback__, path)
        if isinstance(fault, jinja2.TemplateNotFound):
            missing = plain(str(fault.name or path))
            return TemplateFaultError(
                f"there is no template {missing}",
                where=where or missing,
                fix="put the file there, or correct the name",
            )
        if isinstance(fault, jinja2.TemplateSyntaxError):
            where = _place(fault.filename or fault.name or path, fault.lineno)
        return TemplateFaultError(
            f"the template {path}: {_sentence_for(fault)}", where=where or self._where(path, 1), fix=_FIX
        )

    def _where(self, path: str, line: int) -> str:
        """Return `file:line` of a template, by its own path where it has no file."""
        loader = self._environment.loader
        try:
            filename = loader.get_source(self._environment, path)[1] if loader else None
        except (jinja2.TemplateError, OSError, UnicodeError):  # it is the file that is at fault
            filename = None
        return _place(filename or path, line)


def pick(options: Sequence[Any], number: int) -> Any:
    """Return one of several wordings: the same number always gives the same one."""
    if not isinstance(options, (list, tuple)) or not options:
        raise ValueError("pick needs a list with at least one wording in it")
    return options[number % len(options)]


def sentence(text: str) -> str:
    """Return words trimmed and ended with a full stop, unless they end in a mark of their own."""
    words = text.strip()
    return words if not words or words.endswith((".", "!", "?", "…")) else f"{words}."


def plain_facts(facts: Mapping[str, object]) -> dict[str, Any]:
    """Return a copy of the facts that holds plain str, int, bool, list and dict only.

    :raises TypeError: anything else is in them, naming where; a template could call its methods.
    """
    if _BODY in facts:
        raise TypeError(f"a fact may not be called {_BODY}: the HTML template gets the text by that name")
    return {_key(name, "facts"): _plain_value(value, name, 1) for name, value in facts.items()}


def _plain_value(value: object, where: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise TypeError(f"the fact {where} nests deeper than {MAX_DEPTH}")
    if type(value) in (str, int, bool):
        return value
    if type(value) is list:
        return [_plain_value(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
    if type(value) is dict:
        return {
            _key(name, where): _plain_value(item, f"{where}.{name}", depth + 1)
            for name, item in value.items()
        }
    raise TypeError(
        f"the fact {where} is {type(value).__name__}, not plain text, a whole number, a list or a table"
    )


def _key(name: object, where: str) -> str:
    if type(name) is not str:
        raise TypeError(f"{where} has a name that is no text: {name!r}")
    return name


def _folder(kind: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise TemplateFaultError(
            f"{plain(name)[:80]!r} cannot be the name of a template",
            where=kind,
            fix="use lower-case letters, digits, - and _",
        )
    return f"{kind}/{name}"


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html.j2")


def _written(value: Any) -> Any:
    """Let only words and numbers into a mail; Jinja2 calls this for every value it writes."""
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises with the name of what is missing, but for an if-expression without an else
        raise jinja2.UndefinedError("a short if without an else has nothing to write; add else ''")
    if type(value) in (str, int, float, Markup):
        return value
    kind = _KINDS.get(type(value), "no text")
    raise ValueError(f"a value that is {kind} cannot be written into a text")


def _paragraphs(text: str) -> Markup:
    return Markup(text_to_html(text))  # noqa: S704 - text_to_html escapes


def _sentence_for(fault: Exception) -> str:
    """Return what went wrong in one line."""
    said = plain(str(fault))[:200]
    if isinstance(fault, SecurityError):
        return f"it reaches for what a template may not touch: {said}"
    if isinstance(fault, jinja2.TemplateError):
        return said
    if isinstance(fault, MemoryError):
        return "it needs too much memory"
    if isinstance(fault, RecursionError):
        return "it includes or calls itself without end"
    if isinstance(fault, UnicodeDecodeError):
        return "the file is not UTF-8 text"
    return said or type(fault).__name__


def _place_in(trace: TracebackType | None, path: str) -> str:
    """Return `file:line` of the innermost template frame, '' for none; Jinja2 puts those there."""
    place = ""
    while trace is not None:
        frame = trace.tb_frame
        if "__jinja_exception__" in frame.f_globals:
            filename = frame.f_code.co_filename
            place = _place(path if filename == "<template>" else filename, trace.tb_lineno)
        trace = trace.tb_next
    return place


def _place(filename: str, line: int) -> str:
    return f"{filename}:{line}"
