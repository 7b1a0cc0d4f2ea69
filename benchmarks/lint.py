"""How well the lint reads: precision and recall per rule, over the mails in `tests/lint/corpus/`.

Run it as `python benchmarks/lint.py`. The mails in the files named `held` were written after the rules
and are counted apart as well. Hints are not labelled in the corpus, so only their number is printed.
"""

from __future__ import annotations

import sys
import timeit
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from automations.compose.lint import RULES, Level, Mail, lint
from automations.model.mail_kinds import Audience, MailKind

CORPUS = Path(__file__).parent.parent / "tests" / "lint" / "corpus"
LISTS = ("to", "cc", "people", "earlier", "suspected")
LEVELS = {rule.code: rule.level for rule in RULES}


@dataclass(frozen=True)
class Labelled:
    mail: Mail
    codes: frozenset[str]
    held: bool


@dataclass
class Score:
    """How often a rule spoke rightly, spoke wrongly, and was silent where it had to speak."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)

    def precision(self, code: str) -> float:
        spoke = self.right[code] + self.wrong[code]
        return self.right[code] / spoke if spoke else 1.0

    def recall(self, code: str) -> float:
        wanted = self.right[code] + self.silent[code]
        return self.right[code] / wanted if wanted else 1.0

    def overall(self) -> tuple[float, float]:
        right, wrong, silent = (sum(each.values()) for each in (self.right, self.wrong, self.silent))
        return right / (right + wrong), right / (right + silent)


def corpus() -> list[Labelled]:
    found = []
    for path in sorted(CORPUS.glob("*.toml")):
        for each in tomllib.loads(path.read_text("utf-8"))["mail"]:
            mail = Mail(
                kind=MailKind(each.get("kind", "letter")),
                audience=Audience(each.get("audience", "boss")),
                subject=each["subject"],
                body=each["body"],
                confirmed=each.get("confirmed", False),
                **{name: tuple(each.get(name, ())) for name in LISTS},
            )
            found.append(Labelled(mail, frozenset(each.get("codes", ())), "held" in path.stem))
    return found


def scored(mails: list[Labelled]) -> Score:
    """Count errors and warnings against the labels, and a hint only where it is one of them."""
    score = Score()
    for each in mails:
        spoke = {found.code for found in lint(each.mail)}
        score.right.update(spoke & each.codes)
        score.silent.update(each.codes - spoke)
        score.wrong.update(code for code in spoke - each.codes if LEVELS[code] is not Level.HINT)
    return score


def main() -> None:
    mails = corpus()
    score = scored(mails)
    for rule in RULES:
        code = rule.code
        print(
            f"{code:24} {rule.level:8} precision {score.precision(code):.2f}  recall {score.recall(code):.2f}  "
            f"(right {score.right[code]}, wrong {score.wrong[code]}, silent {score.silent[code]})"
        )
    good = sum(not each.codes for each in mails)
    for name, chosen in (("all", mails), ("held out", [each for each in mails if each.held])):
        precision, recall = scored(chosen).overall()
        print(f"{name}: {len(chosen)} mails, precision {precision:.2f}, recall {recall:.2f}")
    seconds = min(timeit.repeat(lambda: [lint(each.mail) for each in corpus()], number=1, repeat=3))
    print(f"{good} good and {len(mails) - good} bad mails, {seconds / len(mails) * 1000:.2f} ms for each")


if __name__ == "__main__":
    sys.exit(main())
