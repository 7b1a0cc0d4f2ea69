"""Reads the console blocks of a page and compares them with what the commands really print.

In a block, a line `$ command` is executed and the lines up to the next one are what it must print.
Dates, times and month names differ from day to day, so that only their places are compared. A line
`...` stands for any lines, `...` inside a line for any text, `~` for the home folder.
"""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[+-]\d\d:\d\d|Z)?"), "<instant>"),
    (re.compile(r"\b\d{4}-\d\d(?:-\d\d)?\b"), "<date>"),
    (re.compile(rf"\b\d{{1,2}}\.? {_MONTH}(?: \d{{4}})?\b"), "<date>"),
    (re.compile(rf"\b{_MONTH} \d{{1,2}}(?:,? \d{{4}})?\b"), "<date>"),
    (re.compile(rf"\b{_MONTH} \d{{4}}\b"), "<date>"),
    (re.compile(rf"\b{_DAY}\b"), "<day>"),
    (re.compile(r"\b\d{1,2}:\d\d\b"), "<time>"),
    (re.compile(r"\b(?:CES?T|UTC)\b"), "<zone>"),
    (re.compile(r"[ \t]+"), " "),
)


@dataclass(frozen=True)
class Call:
    """A command of a page and what the page says it prints."""

    command: str
    prints: str


def blocks(text, language):
    """Return the content of each fenced block of a language."""
    return [match[2] for match in _FENCE.finditer(text) if match[1] == language]


def calls(text):
    """Return the commands of a page's console blocks, in order."""
    found = []
    for block in blocks(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, prints = part.partition("\n")
            found.append(Call(command.strip(), prints.rstrip("\n")))
    return found


def steady(text):
    """Return a text with everything that changes from day to day put by its name."""
    for pattern, name in _CHANGING:
        text = pattern.sub(name, text)
    return "\n".join(line.strip() for line in text.strip().splitlines())


def agrees(expected, printed):
    """Tell whether what was printed is what a page says."""
    parts = []
    for line in steady(expected).splitlines():
        if line == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*?".join(re.escape(piece) for piece in line.split("...")) + r"\n")
    return re.fullmatch("".join(parts), steady(printed) + "\n") is not None if parts else not printed.strip()
