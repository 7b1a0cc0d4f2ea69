"""One thing that cannot be done does not keep the rest from being done; a journal that fails stops everything."""

import shutil
import sqlite3
from datetime import timedelta

import pytest
from jinja2 import ChoiceLoader, FileSystemLoader
from worlds import OMAR, PRIYA, FileLife

from automations.compose.text import Composer
from automations.errors import ExitCode, FaultClass, ProviderError, StoreError
from automations.model.records import DraftState, RunOutcome
from automations.resources import template_root
from automations.store.sqlite import SqliteJournal

OFFER = f"offer:{PRIYA.id}:2026-03"


def by_outcome(report):
    found = {}
    for result in report.results:
        found.setdefault(result.outcome.value, []).append(result.kind)
    return found


def use_own_templates(life):
    own = life.folder / "templates"
    shutil.copytree(template_root(), own)
    life.renderer = Composer(ChoiceLoader([FileSystemLoader(str(own)), FileSystemLoader(template_root())]))
    return own


@pytest.mark.parametrize(
    ("template", "kind", "left"),
    [
        ("email/offer-ask/body.txt.j2", "create-draft", ["open-cycle", "book-block", "book-block"]),
        ("event/invention/description.txt.j2", "book-block", ["open-cycle", "create-draft"]),
    ],
)
def test_a_broken_template_of_the_person_stops_only_what_it_is_for(filed, template, kind, left):
    own = use_own_templates(filed)
    good = (own / template).read_text()
    (own / template).write_text("one\n{{ nobody_knows_this }}\n")

    report = filed.run()

    assert by_outcome(report)["done"] == left
    assert set(by_outcome(report)["failed"]) == {kind}
    assert (report.outcome, report.exit_code) == (RunOutcome.PARTIAL, ExitCode.PARTIAL)
    for problem in report.notices.told:
        assert problem.code == f"{kind}-failed"
        assert problem.where == f"{own / template}:2"
        assert "nobody_knows_this" in problem.what
    assert filed.recorded.claims == ()
    again = filed.run()
    assert again.notices.told == ()
    assert again.outcome is RunOutcome.FAILED
    (own / template).write_text(good)
    mended = filed.run()
    assert set(by_outcome(mended)) == {"done"}
    assert {problem.code for problem in mended.notices.recovered} == {f"{kind}-failed"}
    assert filed.run().results == ()


def test_a_drafts_folder_that_cannot_be_written_stops_only_the_drafts(filed):
    filed.drafts_folder.write_bytes(b"a file where the folder should be")

    report = filed.run()

    assert by_outcome(report) == {
        "done": ["open-cycle", "book-block", "book-block"],
        "failed": ["create-draft"],
    }
    assert report.exit_code is ExitCode.PARTIAL
    (problem,) = report.notices.told
    assert (problem.code, problem.subject) == ("create-draft-failed", OFFER)
    assert str(filed.drafts_folder) in problem.where
    assert filed.draft(OFFER).state is DraftState.RENDERED
    assert filed.recorded.claims == ()
    filed.drafts_folder.unlink()
    filed.run()
    assert filed.waiting() == [OFFER]
    assert len(filed.copies()) == 1
    assert filed.run().results == ()


def test_a_busy_calendar_that_cannot_be_parsed_stops_only_the_blocks(filed):
    filed.busy_file.write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026")

    report = filed.run()

    assert by_outcome(report) == {"done": ["open-cycle", "create-draft"]}
    assert (report.outcome, report.exit_code) == (RunOutcome.PARTIAL, ExitCode.PARTIAL)
    assert [problem.code for problem in report.notices.told] == ["calendar-unreadable"]
    assert "work.ics" in report.notices.told[0].where
    assert filed.events() == {}
    filed.meet(filed.clock.now() + timedelta(days=3))
    mended = filed.run()
    assert by_outcome(mended) == {"done": ["book-block", "book-block"]}
    assert [problem.code for problem in mended.notices.recovered] == ["calendar-unreadable"]


def test_what_an_unreadable_calendar_hides_is_not_taken_for_cured(filed):
    for day in range(40):
        filed.meet(filed.clock.now().replace(hour=0) + timedelta(days=day), minutes=24 * 60)
    filed.run()
    assert "no-slot" in filed.problems()
    good = filed.busy_file.read_bytes()
    filed.busy_file.write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEV")

    report = filed.run()

    assert filed.problems() >= {"no-slot", "calendar-unreadable"}
    assert report.notices.ended == ()
    filed.busy_file.write_bytes(good)
    assert [problem.code for problem in filed.run().notices.recovered] == ["calendar-unreadable"]


def test_our_own_calendar_file_when_it_cannot_be_parsed_is_left_as_it_is(filed):
    filed.run()
    filed.own_file.write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEV")

    report = filed.run()

    assert filed.own_file.read_bytes() == b"BEGIN:VCALENDAR\r\nBEGIN:VEV"
    assert [block.state.value for block in filed.recorded.blocks] == ["booked", "booked"]
    assert report.results == ()
    assert report.exit_code is ExitCode.PARTIAL
    assert [problem.code for problem in report.notices.told] == ["calendar-unreadable"]


@pytest.mark.parametrize(
    ("fault", "code", "outcome"),
    [
        (FaultClass.TRANSIENT, ExitCode.TEMPORARY, "failed"),
        (FaultClass.AMBIGUOUS, ExitCode.TEMPORARY, "unknown"),
        (FaultClass.PERMANENT, ExitCode.PARTIAL, "failed"),
        (FaultClass.NEEDS_SIGN_IN, ExitCode.SIGN_IN, "failed"),
    ],
)
def test_each_kind_of_failure_has_its_own_exit_code(kept, fault, code, outcome):
    kept.change(bosses=(PRIYA, OMAR))

    def refuse(copy):
        raise ProviderError("no", fault=fault, fix="magicloop connect")

    kept.mailbox.create = refuse
    report = kept.run()

    assert by_outcome(report)[outcome] == ["create-draft", "create-draft"]
    assert report.exit_code is code
    assert bool(kept.recorded.claims) is (fault is FaultClass.AMBIGUOUS)
    told = [] if code is ExitCode.TEMPORARY else ["create-draft-failed"] * 2
    assert [problem.code for problem in report.notices.told] == told, (
        "a laptop offline is no failure for a day"
    )
    kept.clock.go(hours=24)
    assert [problem.code for problem in kept.run().notices.told] == ["create-draft-failed"] * 2


class FullDisk:
    """A journal whose file cannot grow any more from the n-th write on."""

    def __init__(self, inner, writes):
        self.inner, self.left = inner, writes

    def __getattr__(self, name):
        found = getattr(self.inner, name)
        if name not in ("begin_run", "finish_run", "claim", "settle", "record"):
            return found

        def write(*args, **named):
            self.left -= 1
            if self.left < 0:
                raise StoreError("the disk is full; nothing was written")
            return found(*args, **named)

        return write


def test_a_journal_that_fails_at_any_write_stops_the_run_and_the_next_one_puts_all_right(tmp_path):
    reference = FileLife(tmp_path / "reference")
    reference.run()
    stops = 0
    for writes in range(100):
        life = FileLife(tmp_path / str(writes))
        whole, life.journal = life.journal, FullDisk(life.journal, writes)
        try:
            life.run()
        except StoreError:
            stops += 1
        else:
            break
        finally:
            life.journal = whole
        life.run()
        assert life.recorded.claims == (), f"stopped at write {writes}"
        assert life.run().results == (), f"stopped at write {writes}"
        assert life.events() == reference.events()
        assert life.copies() == reference.copies()
        life.journal.close()
    assert stops == 1 + 1 + 1 + 2 * 2 + 1 + 2  # begin, cycle, finish, two blocks, the words, their file
    reference.journal.close()


def test_a_journal_held_by_another_program_stops_the_run_before_anything_is_touched(filed):
    filed.journal.close()
    filed.journal = SqliteJournal.open(str(filed.database), busy_seconds=0.01)
    holder = sqlite3.connect(filed.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match="held by another program"):
        filed.run()

    holder.close()
    assert (filed.events(), filed.copies(), filed.log) == ({}, {}, [])
    filed.run()
    assert filed.run().results == ()
