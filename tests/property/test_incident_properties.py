"""However an incident goes, the next update waits before its promise, and the record of promises is exact."""

import contextlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

from worlds import POLICY, MemoryLife

from automations.desk import incidents as desk
from automations.errors import RefusedError
from automations.model.policy import Me
from automations.model.records import DraftState, Phase
from automations.plan.cadence import lead
from automations.plan.incident_record import (
    forgotten,
    gone_at,
    last_told,
    on_its_way,
    tally,
    told,
    updates_of,
)
from automations.plan.zones import local

ACTS = ("send", "send", "send", "say", "say", "nothing", "nothing", "phase", "severity", "discard", "rewrite")

quarter = st.tuples(
    st.integers(0, 14), st.sampled_from(ACTS), st.integers(0, 99), st.sampled_from(("before", "after"))
)


def act(life, name, number):
    waiting = [draft for draft in life.drafts(DraftState.WAITING) if draft.kind == "incident"]
    update = (life.journal, life.policy, life.recorded, life.clock.now(), "1")
    with contextlib.suppress(RefusedError):
        if name == "send" and waiting:
            life.send(waiting[number % len(waiting)].key)
        elif name == "rewrite" and waiting:
            life.rewrite(waiting[number % len(waiting)].key, body_text=f"My words, {number}.")
        elif name == "say":
            desk.update_incident(*update, None, {"changed": f"Fact {number}.", "now": "working"})
        elif name == "phase":
            desk.update_incident(*update, tuple(Phase)[number % 3], {})
        elif name == "severity":
            desk.update_incident(*update, None, {"now": "looking"}, severity=1 + number % 4)
        elif name == "discard" and waiting:
            from automations.desk import review

            review.discard(life.bench, waiting[number % len(waiting)], "no")


def check_waiting(life, discarded):
    """A draft is there, ahead of the promise that stands; one written after it owns up.

    While nobody comes for hours there is one a day.
    """
    recorded, now = life.recorded, life.clock.now()
    (incident,) = recorded.incidents
    updates = updates_of(recorded, incident)
    last = last_told(recorded, updates)
    if last is None or last.next_due is None or discarded or forgotten(recorded, incident, now):
        return
    if now < last.next_due - lead(incident.severity):
        return
    after = [each for each in updates if each.number > last.number]
    waiting = [d for d in recorded.drafts if on_its_way(d, now) and d.state is DraftState.WAITING]
    assert after, "there is a next update"
    assert waiting, f"a draft waits at {now} for {last.next_due}"
    for draft in waiting:
        update = next(each for each in after if draft.key.endswith(f":{each.number}"))
        if draft.text_rev == 1 and last.next_due <= update.at:
            assert f"Promised for {local(last.next_due, life.policy.me.zone):%H:%M}" in draft.body_text or (
                f", {local(last.next_due, life.policy.me.zone):%H:%M}" in draft.body_text
            )


def check_record(life, promises, sent):
    """What is derived is what the person saw: each told promise once, with when the next mail went."""
    recorded, now = life.recorded, life.clock.now()
    (incident,) = recorded.incidents
    for each in told(recorded, incident, now):
        assert each.sent == sent.get(each.update.number)
        if each.state == "kept":
            assert each.sent <= each.promised
        if each.state == "late":
            assert each.sent > each.promised
    kept = missed = 0
    for number, due in promises.items():
        later = [at for other, at in sent.items() if other > number]
        if later and later[0] <= due:
            kept += 1
        elif now > due:
            missed += 1
    count = tally(recorded, incident, now)
    assert (count.kept, count.missed) == (kept, missed)


@given(
    severity=st.integers(1, 4),
    zone=st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Kathmandu")),
    start=st.integers(0, 7 * 24 * 4),
    quarters=st.lists(quarter, min_size=1, max_size=30),
)
def test_an_update_waits_before_every_promise_and_the_record_is_exact(severity, zone, start, quarters):
    life = MemoryLife(POLICY, datetime(2026, 10, 22, tzinfo=UTC) + timedelta(minutes=15 * start))
    life.change(me=Me("Ann Smith", "ann@corp.test", zone))
    life.open_incident(severity=severity)
    discarded, acted = False, life.clock.now()
    life.run("incidents")
    for minute, name, number, when in quarters:
        for step in (minute, 15 - minute):
            life.clock.go(minutes=step)
            if step == minute:
                out = len(life.drafts(DraftState.SENT_ELSEWHERE))
                before = life.memory()
                act(life, name, number)
                acted = life.clock.now() if life.memory() != before else acted
                # Who throws a draft away wants none until the next mail went.
                went = len(life.drafts(DraftState.SENT_ELSEWHERE)) > out
                discarded = name == "discard" or (discarded and not went)
                if when == "after":
                    life.run("incidents")
            else:
                life.run("incidents")
                check_waiting(life, discarded)
        recorded = life.recorded
        if forgotten(recorded, recorded.incidents[0], life.clock.now()):
            assert life.clock.now() - acted >= timedelta(hours=1), "whoever acts is there"
        updates = updates_of(recorded, recorded.incidents[0])
        sent = {u.number: gone_at(recorded, u) for u in updates if gone_at(recorded, u) is not None}
        promises = {u.number: u.next_due for u in updates if u.number in sent and u.next_due is not None}
        check_record(life, promises, sent)
        live = [d.key for d in recorded.drafts if on_its_way(d, life.clock.now())]
        assert len(live) == len(set(live)), "one live draft a purpose"
    assert life.run("incidents").results == (), "a run more changes nothing"
