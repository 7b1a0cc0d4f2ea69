"""How a card reads at 80 columns, drawn and spoken, to the letter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from automations.cli.review_card import Place, Screen
from automations.desk.card import build_card
from automations.model.policy import Boss, MailSettings, Me, Policy
from automations.model.records import Draft, DraftState, Incident, Phase, Recorded, Update
from automations.model.sending import Look

README = Path(__file__).parents[2] / "README.md"
NOW = datetime(2026, 11, 3, 15, 18, tzinfo=UTC)
SAM = "sam@corp.test"
POLICY = Policy(
    me=Me("Sam Lee", SAM, "Europe/Berlin"),
    bosses=(Boss("Priya Raman", "priya@corp.test"),),
    mail=MailSettings(provider="google"),
)
INCIDENT = Incident(
    "INC-212", SAM, "checkout latency", 2, Phase.MONITORING, "11% of orders", NOW, NOW - timedelta(hours=3)
)
UPDATES = tuple(
    Update(SAM, "INC-212", number, Phase.MONITORING, NOW, next_due=NOW + timedelta(minutes=minutes))
    for number, minutes in ((3, 12), (4, 72))
)
TOLD = Draft(
    id="cccccc333333",
    person=SAM,
    key="incident:INC-212:exec:3",
    kind="incident",
    state=DraftState.SENT,
    sender=SAM,
    to=("priya@corp.test",),
    subject="[SEV2] checkout latency (INC-212)",
    body_text="Update 3 · Monitoring\n\nNext update: 16:30 CET.\n",
    hash="0" * 64,
    mime=b"",
    why="",
    created=NOW - timedelta(minutes=50),
    handed_over=NOW - timedelta(minutes=48),
)
NEWS = replace(
    TOLD,
    id="bbbbbb222222",
    key="incident:INC-212:exec:4",
    state=DraftState.WAITING,
    cc=("vp@else.test",),
    body_text="Update 4 · Monitoring · 16:18 CET (started 13:18 CET)\n\nImpact: 0.7% of orders fail, peak 11%.\n\n"
    "Now: rolling the pool change back everywhere, which takes until 17:00 CET. Owner: Kim.\n\n"
    "Next update: 17:30 CET, sooner if errors pass 2%.\n\nSam\n",
    hash="7f3a91c2" + "0" * 56,
    why="INC-212 update 4 (exec), severity 2, monitoring; 16:30 was promised in update 3",
    created=NOW - timedelta(minutes=10),
    handed_over=None,
    expires=NOW + timedelta(minutes=72),
)
SEEN = Look(
    NEWS.id,
    SAM,
    NOW - timedelta(minutes=5),
    1,
    "f" * 64,
    NEWS.to,
    (),
    NEWS.subject,
    NEWS.body_text.replace("Kim", "TBC"),
)


@pytest.fixture
def card():
    recorded = Recorded(SAM, drafts=(TOLD, NEWS), incidents=(INCIDENT,), updates=UPDATES, looks=(SEEN,))
    return build_card(NEWS, recorded, POLICY, NOW)


def shown(card, capsys, *, plain_words):
    Screen(plain_words=plain_words, color=False).show(card, Place(2, 3))
    return capsys.readouterr().out


def test_drawn(card, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    assert shown(card, capsys, plain_words=False) == DRAWN
    assert f"```text\n{DRAWN}```" in README.read_text(encoding="utf-8"), "README shows this very card"


def test_spoken(card, capsys):
    assert shown(card, capsys, plain_words=True) == SPOKEN


def test_a_terminal_of_few_letters_gets_a_box_of_letters(card, capsys, monkeypatch):
    from rich.console import Console

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(Console, "encoding", "ascii")

    out = shown(card, capsys, plain_words=False)

    assert f"+{'-' * 78}+" in out
    assert "╭" not in out


def test_wide_letters_keep_the_box_straight(card, capsys, monkeypatch):
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "60")

    out = shown(replace(card, body_text="検索" * 40, subject="検索 検索 " * 9), capsys, plain_words=False)

    assert {cell_len(line) for line in out.splitlines() if line.startswith("│")} == {60}


DRAWN = """\
 magicloop review                                               2 of 3 waiting
╭──────────────────────────────────────────────────────────────────────────────╮
│ Incident update #4: INC-212 checkout latency       due 16:30 CET (in 12 min) │
│ Why     INC-212 update 4 (exec), severity 2, monitoring; 16:30 was promised  │
│         in update 3                                                          │
│ Last    15:30 CET (48 min ago): "[SEV2] checkout latency (INC-212)"          │
│ Made    16:08 CET (10 min ago); expires 17:30 CET (in 72 min)                │
│ From    Sam Lee <sam@corp.test> (Gmail, drafts only)                         │
│ To      Priya Raman <priya@corp.test>                                        │
│ Cc      vp@else.test [! NEW EXTERNAL]                                        │
│ Subject [SEV2] checkout latency (INC-212)                                    │
├──────────────────────────────────────────────────────────────────────────────┤
│ Update 4 · Monitoring · 16:18 CET (started 13:18 CET)                        │
│                                                                              │
│ Impact: 0.7% of orders fail, peak 11%.                                       │
│                                                                              │
│ Now: rolling the pool change back everywhere, which takes until 17:00 CET.   │
│ Owner: Kim.                                                                  │
│                                                                              │
│ Next update: 17:30 CET, sooner if errors pass 2%.                            │
│                                                                              │
│ Sam                                                                          │
├──────────────────────────────────────────────────────────────────────────────┤
│ 39 words (60 to 120)                             draft bbbbbb, hash 7f3a91c2 │
│ Changed since your last look, Tue 3 Nov 2026, 16:13 CET: Cc:                 │
│         {+vp@else.test+} [-TBC.-] {+Kim.+}                                   │
│ Promise next update by Tue 3 Nov 2026, 17:30 CET                             │
│ Check   hint: it is shorter than such mails are: 39 words, at least 60; add  │
│         the fact that is missing                                             │
╰──────────────────────────────────────────────────────────────────────────────╯
 y approve  e edit  s skip  z snooze  x discard  d diff  h html  b open  u undo
 q quit  ? help     y: you press Send in your Gmail drafts
"""

SPOKEN = """\
Draft 2 of 3 waiting: Incident update #4: INC-212 checkout latency
Due: 16:30 CET, in 12 min
Why: INC-212 update 4 (exec), severity 2, monitoring; 16:30 was promised in update 3
Last: 15:30 CET (48 min ago): "[SEV2] checkout latency (INC-212)"
Made: 16:08 CET (10 min ago); expires 17:30 CET (in 72 min)
From: Sam Lee <sam@corp.test> (Gmail, drafts only)
To: Priya Raman <priya@corp.test>
Cc: vp@else.test [! NEW EXTERNAL]
Subject: [SEV2] checkout latency (INC-212)
Body:
Update 4 · Monitoring · 16:18 CET (started 13:18 CET)

Impact: 0.7% of orders fail, peak 11%.

Now: rolling the pool change back everywhere, which takes until 17:00 CET. Owner: Kim.

Next update: 17:30 CET, sooner if errors pass 2%.

Sam
End of body.
Length: 39 words (60 to 120)
Changed: since your last look, Tue 3 Nov 2026, 16:13 CET: Cc: now vp@else.test, was TBC., now Kim.
Promise: next update by Tue 3 Nov 2026, 17:30 CET
Hint: it is shorter than such mails are: 39 words, at least 60; add the fact that is missing
Draft: bbbbbb, hash 7f3a91c2
Keys: y approve, e edit, s skip, z snooze, x discard, d diff, h html, b open, u undo, q quit, ? help
If you press y: you press Send in your Gmail drafts
"""
