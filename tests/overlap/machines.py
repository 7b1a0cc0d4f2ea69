"""Two machines of one person at work in the same moments, over one Google account: real processes, real sockets.

Each machine is a folder with a journal of its own and processes of its own; the account is the emulator's.
"""

import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import world as w

from automations.model.records import DraftState
from config_texts import ANN, AT_ONCE, GOOGLE, INVENTION, OFFERS, OMAR, ON_GOOGLE, PRIYA
from google_emulator import CalendarApi, Emulator, GmailApi
from google_emulator.provider import token_file

CONFIG = (
    ANN
    + PRIYA
    + OMAR
    + OFFERS
    + INVENTION
    + "months_ahead = 0\n"
    + ON_GOOGLE
    + 'mode = "approve"\n'
    + AT_ONCE
    + GOOGLE
)


class Machine(w.World):
    """A machine of the person's: its folder, and a crowd of its own."""

    person = "ann@corp.test"

    def __init__(self, folder, google):
        super().__init__(folder)
        token = token_file(google, self.home / "token.json")
        (self.home / "config.toml").write_text(CONFIG.format(url=google.url, token=token))

    def begin(self, *actors):
        """Let actors begin together; `end` says what came of them."""
        self.tell("together", actors=list(actors), limit=120.0)

    def approvals(self):
        return [
            {"args": ["draft", "approve", draft.id, "--hash", draft.hash]}
            for draft in self.recorded().drafts
            if draft.state is DraftState.WAITING
        ]


def machines(folder, *, months):
    """Let two machines do everything at once for some months; return (what is wrong, the lines of figures)."""
    began, faults, done = time.monotonic(), [], Counter()
    calendar, mail = CalendarApi(), GmailApi()
    w.fresh(folder)
    places = [w.fresh(Path(folder, name)) for name in ("desk", "laptop")]
    with (
        Emulator(calendar, mail) as google,
        Machine(places[0], google) as desk,
        Machine(places[1], google) as laptop,
    ):

        def both(*actors):
            """Have the same done on both at once; with none given, each approves what waits there."""
            for machine in (desk, laptop):
                machine.begin(*(actors or machine.approvals()))
            for machine in (desk, laptop):
                for result in machine.answer():
                    done[result["code"]] += 1
                    if result["code"] not in (0, 1, 3, 8, 11):
                        faults.append(f"ended with {result['code']}: {result['out']}{result['err']}"[-400:])

        run, send = {"args": ["run", "--json"]}, {"args": ["draft", "send", "--json"]}
        for month in range(months):
            year, number = divmod(10 + month, 12)
            for minutes in (0, 20):
                instant = w.START.replace(year=2026 + year, month=number + 1) + timedelta(minutes=minutes)
                for machine in (desk, laptop):
                    machine.order("set", instant=instant.isoformat())
                both(run)
            both()
            both(send, run)
            for machine in (desk, laptop):
                machine.order("go", seconds=7200.0, boot=True)
            both(run)
            both(run)
        faults += list(wrong(calendar, mail, (desk, laptop), months))
    asked = sum(each.state is DraftState.UNKNOWN for one in (desk, laptop) for each in one.recorded().drafts)
    lines = [
        f"  {months} months, {sum(done.values())} commands; {len(mail.sent)} mails went, {len(calendar.live)} blocks stand",
        f"  {asked} times a machine asked whether a mail went that the other one sent",
        f"  it took {time.monotonic() - began:.0f} s",
        "  exit codes: " + ", ".join(f"{code}: {count}" for code, count in sorted(done.items())),
    ]
    return faults, lines


def wrong(calendar, mail, both, months):
    """Yield what was doubled, lost or left open."""
    sent = Counter(w.read_mime(one["raw"]).ref for one in mail.sent)
    yield from (f"the mail {ref} went {times} times" for ref, times in sent.items() if times > 1)
    blocks = Counter(event["start"]["dateTime"][:7] for event in calendar.live)
    yield from (f"{month} has {times} blocks" for month, times in blocks.items() if times > 1)
    if len(blocks) < months or len(sent) < months:
        yield f"too little was tried: {len(blocks)} blocks, {len(sent)} mails in {months} months"
    left = Counter(w.read_mime(mail.raw(draft_id)).ref for draft_id in mail.drafts)
    yield from (f"{times} drafts of {ref} are left" for ref, times in left.items() if times > 1)
    yield from (f"a draft of {ref} is left, and its mail went" for ref in left if ref in sent)
    ended = Counter()
    for machine in both:
        recorded = machine.recorded()
        if recorded.claims:
            yield f"{machine.home.name}: open claims {[(each.kind, each.subject) for each in recorded.claims]}"
        for draft in recorded.drafts:
            went = draft.state in (DraftState.SENT, DraftState.SENT_ELSEWHERE)
            ended[draft.id] += draft.state is DraftState.SENT
            if draft.state is DraftState.UNKNOWN and sent[draft.id]:
                continue  # the other machine's send came in between: this one asks the person, and sends nothing
            if went != bool(sent[draft.id]):
                yield f"{machine.home.name}: {draft.key} is {draft.state.value}, and went {sent[draft.id]} times"
