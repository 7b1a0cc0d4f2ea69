"""What may not be claimed: causes nobody confirmed, somebody's fault, times nobody can promise."""

from __future__ import annotations

import re
from typing import Final

from automations.compose.lint.mail import Level, Mail, Mark, marks_of
from automations.compose.lint.rule import Hit, Rule, in_sentences, phrases, says
from automations.model.mail_kinds import Audience, MailKind

_DOUBT = phrases(
    r"suspect(?:ed|s)?", "not confirmed", "unconfirmed", "may", "might", "could", "possibly", "likely", "looks like",
    "theory", "hypothesis", "appears?", "seems?", "not (?:yet )?known", "unknown", "not sure", "checking whether",
    "testing whether", "ruled out", r"(?:is|was|are|were|do|did|does)(?: not|n't)(?: yet)?", "whether", "if",
    "believe", "think", "not",
)  # fmt: skip
_CAUSE = phrases(
    r"caused by", "because of", "due to", r"(?:the )?(?:root )?cause (?:is|was)", "root cause", "the culprit",
    r"(?:was|were|is) (?:triggered|brought down|broken) by", r"(?:came|comes) from", "led to", "caused", "because",
    "traced to", "broke", "took down", "brought down", "down to", "triggered",
)  # fmt: skip
_FIRM_CAUSE = phrases(
    r"(?:was |were |is |are )?caused by", r"the (?:root )?cause (?:is|was)", r"root cause:", "the culprit (?:is|was)",
    r"(?:was|were|is) (?:triggered|brought down) by",
)  # fmt: skip
_FAULT = (
    "caused", "causing", "broke", "breaking", "mistakes?", "faults?", "forgot", "forgotten", "failed to", "neglected",
    "overlooked", "messed up", "screwed up", "careless(?:ly|ness)?", "blame", "responsible for the (?:bug|outage|error|failure|incident)",
    r"didn't (?:test|check|review|read|follow|bother)", "did not (?:test|check|review|read|follow|bother)",
    "ignored", "wrong(?:ly)?", "bug", "error", "dropped the ball", "without (?:testing|review|checking|asking)", "let us down",
)  # fmt: skip
_BESIDE_FAULT = phrases(*_FAULT)
_BLAME = phrases(
    "human error", r"(?:operator|user) error", r"should(?: not|n't)? have(?! (?:the|a|an|it|this|that|news|more|your|access|results?|numbers?|answers?)\b)",
    r"ought to have", "could have been avoided if (?:he|she|they)", r"(?:his|her|their) (?:mistake|fault|carelessness|negligence)",
    r"(?:the |our |a )?(?:vendor|supplier|provider|contractor|partner)(?:'s (?:fault|mistake|failure|error)| let us down| is to blame)",
    r"to blame", r"someone (?:forgot|failed to|neglected)",
)  # fmt: skip
_NAMED_FAULT = re.compile(
    r"(?<![\w-])(?:because|since|after|when)\s+(?P<words>(?!The\b|Our\b|We\b|It\b|This\b|That\b|A\b)[A-Z][a-z]{1,20}\s+"
    r"(?:pushed|forgot|broke|deleted|failed\s+to|missed|skipped|did\s+not|didn't|misconfigured|neglected|ignored))\b"
    r"|\b(?P<fault>(?!To|By|In|It)[A-Z][a-z]{1,20}'s\s+(?:mistake|fault|carelessness|negligence|error))\b"
)
_TO_BE = phrases(
    "will",
    "'ll",
    r"we'll",
    r"it'll",
    "should",
    "expect(?:ed)?",
    "to be",
    "aim",
    "hope",
    "going to",
    "plan",
    "promise",
)
_FIX_BY = phrases(
    r"(?:fixed|resolved|restored|solved|repaired|back|back up|up again|working|working again|available again|back to normal|online|operational|a fix)"
    r"(?: again| fully| for everyone| for you| online| to normal)?(?: is)?(?: expected)? (?:by|at|before|within|in|until|no later than)"
    r" (?:about |around |the end of |the next |the )?(?:\d[\d:.]*|noon|midnight|tonight|tomorrow|today|an? (?:hour|day|week)|one|two|three|four|a few|a couple|few|end|hour|day|week|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?: ?(?:am|pm|minutes?|hours?|days?))?",
    r"(?:fixed|resolved|restored|back|working) (?:again )?(?:tonight|tomorrow|today|this (?:morning|afternoon|evening))",
)  # fmt: skip
_SORRY = phrases(
    r"(?:I am|I'm|we are|we're|very|so|really|truly|deeply)? ?sorry(?! (?:to (?:hear|bother|disturb|trouble|nag|ask|chase|interrupt|keep)|for (?:your loss|the noise|being)))",
    r"(?:I|we|my|our) (?:sincerely |deeply |sincere |deepest )?apolog(?:ise|ize|ies|y)", "(?:I|we) regret",
)  # fmt: skip
_PLAN = re.compile(
    r"\b(?:I|we)(?:'ll|\s+will|'m\s+going\s+to|'re\s+going\s+to|\s+(?:am|are)\s+(?:now\s+)?\w+ing)\b|\bfrom\s+now\s+on\b"
    r"|\bI(?:'ve|\s+have)\s+(?:put|set|moved|asked|added|changed|booked|written|sent|fixed|taken)\b"
    r"|^[ \t]{0,8}(?:Next|Now|What changes|Plan|Next steps?|Fix|Repair)\s*:|\bwill\s+be\s+\w+ed\b|\bnext\s+steps?\b",
    re.IGNORECASE | re.MULTILINE,
)
_INCONVENIENCE = phrases(r"(?:any|the|this|for) inconvenience(?: caused)?", r"inconvenience (?:this|caused)")
_LEGAL = phrases(
    "negligen(?:t|ce)", "liab(?:le|ility)", "lawsuit", "breach of contract", "sue", "gross misconduct"
)
_STOP: Final = frozenset(
    {"the", "for", "and", "was", "were", "with", "its", "our", "that", "this", "from", "not"}
)
_BEFORE, _AFTER = 60, 25
"""How many letters may stand between a name and the fault after it, or before it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]{3,}", text.casefold())) - _STOP


def _cause_as_fact(mail: Mail) -> Hit | None:
    """Find a cause told as a fact while it is only suspected: its own words, or a firm one too early."""
    if mail.confirmed:
        return None
    suspected = [words for words in map(_words, mail.suspected) if words]
    early = mail.kind in (MailKind.INCIDENT_FIRST, MailKind.INCIDENT_NO_CHANGE)
    marks: list[Mark] = []
    for at, sentence in mail.sentences:
        if _DOUBT.search(sentence):
            continue
        here = _words(sentence)
        told = any(len(words & here) * 2 > len(words) for words in suspected)
        known = sentence.lstrip().startswith("Known:")
        pattern = _CAUSE if told else _FIRM_CAUSE if early and not known else None
        if pattern is not None:
            marks += [
                Mark("body", at + m.start, at + m.end) for m in marks_of("body", pattern.finditer(sentence))
            ]
    return Hit(tuple(marks)) if marks else None


def _blame(mail: Mail) -> Hit | None:
    """Find a person beside a fault: a known name, anybody's, or words that mean somebody."""
    own = mail.own_words
    marks = [*marks_of("body", _BLAME.finditer(own))]
    marks += [Mark("body", *found.span()) for found in _NAMED_FAULT.finditer(own)]
    names = [re.escape(part) for name in mail.people for part in (name, *name.split()[:1]) if len(part) > 1]
    if names:
        named = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])")
        for at, sentence in mail.sentences:
            beside = _BESIDE_FAULT.search(sentence)
            name = named.search(sentence) if beside else None
            if beside and name and _is_accused(sentence, name, beside):
                marks.append(Mark("body", at + name.start(), at + name.end()))
    return Hit(tuple(sorted(set(marks)))) if marks else None


_REPAIRS = phrases(
    r"(?:is|are|was|has|have) (?:fixing|repairing|correcting|looking|working|rolling|found|fixed|repaired|spotted|caught|checking|writing)",
    "found", "fixed", "spotted", "caught", "reported", "is on", "rolls", "rolled", "repaired", "leads", "owns", "noticed", "thanks?",
    "thank you", "asked", "reviews?", "will", "helped",
)  # fmt: skip


def _is_accused(sentence: str, name: re.Match[str], fault: re.Match[str]) -> bool:
    """Tell whether a name stands close to the fault and is not that of who finds or mends it."""
    near = abs(fault.start() - name.end()) <= _BEFORE or abs(name.start() - fault.end()) <= _AFTER
    return near and not _REPAIRS.search(sentence)


HONESTY = (
    Rule(
        "cause-unconfirmed",
        Level.ERROR,
        "a cause is told as a fact and is only suspected",
        'write "suspected, not confirmed", or leave the cause out',
        _cause_as_fact,
    ),
    Rule(
        "blame",
        Level.ERROR,
        "somebody is blamed",
        "say what failed in the system, and what will catch it",
        _blame,
    ),
    Rule(
        "fix-time-promised",
        Level.ERROR,
        "customers are promised a time by which it is fixed",
        "give the time of the next update instead",
        in_sentences(_FIX_BY, beside=_TO_BE, when=lambda mail: mail.audience is Audience.CUSTOMER),
    ),
    Rule(
        "fix-time-without-basis",
        Level.HINT,
        "a time for the repair is promised",
        "give a range and what it rests on, or the time of the next update",
        in_sentences(
            _FIX_BY,
            beside=_TO_BE,
            when=lambda mail: mail.kind.promises_next and mail.audience is not Audience.CUSTOMER,
        ),
    ),
    Rule(
        "apology-without-plan",
        Level.WARNING,
        "it says sorry and not what is done about it",
        "add what you do now, and by when",
        says(_SORRY, lambda mail: mail.audience is not Audience.PRIVATE and not _PLAN.search(mail.own_words)),
    ),
    Rule(
        "inconvenience",
        Level.WARNING,
        "an inconvenience is named in place of what it costs them",
        "say what they could not do, and how many",
        says(_INCONVENIENCE),
    ),
    Rule(
        "legal-words",
        Level.HINT,
        "words a lawyer would read",
        "leave guilt and liability out of a mail",
        says(_LEGAL, lambda mail: mail.kind.of_incident),
    ),
)
