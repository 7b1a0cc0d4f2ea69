"""The engine with one fault built in, under the name of what it forgets. Each must break an invariant.

A mutant is a function that is given `put(module, name, new)`.
"""

from dataclasses import replace
from datetime import timedelta

from automations import observe
from automations.apply import drafts as apply_drafts
from automations.apply import sending as apply_sending
from automations.errors import FaultClass, ProviderError
from automations.model.records import DraftState, Outcome
from automations.model.seen import CopyNow, SendTraces, SentMail
from automations.model.sending import AttemptState
from automations.plan import cycle as plan_cycle
from automations.plan import drafts as plan_drafts
from automations.plan import recovery as plan_recovery
from automations.plan import sending as plan_sending
from automations.plan.actions import CloseDraft
from automations.plan.recovery import Settlement

MUTANTS = {}


def mutant(change):
    MUTANTS[change.__name__] = change
    return change


def _with_effect(put, module, wrapped):
    """Let every effect of a module's actions go through `wrapped`."""
    whole = module.carry_out

    def carried(bench, action, *, effect, **more):
        return whole(bench, action, effect=wrapped(effect), **more)

    put(module, "carry_out", carried)


def _failing_for_sure(effect):
    def made():
        try:
            return effect()
        except ProviderError as error:
            raise ProviderError(error.what, fault=FaultClass.TRANSIENT) from error

    return made


@mutant
def sends_again_at_once_when_no_answer_came(put):
    def twice(effect):
        def made():
            try:
                return effect()
            except ProviderError as error:
                if error.fault is not FaultClass.AMBIGUOUS:
                    raise
                return effect()

        return made

    _with_effect(put, apply_sending, twice)


@mutant
def takes_a_lost_answer_of_a_send_for_a_no(put):
    _with_effect(put, apply_sending, _failing_for_sure)


@mutant
def takes_a_lost_answer_of_a_create_for_a_no(put):
    _with_effect(put, apply_drafts, _failing_for_sure)


@mutant
def sends_before_it_writes_that_down(put):
    whole = apply_sending.carry_out

    def carried(bench, action, *, effect, **more):
        try:
            sent = effect()
        except ProviderError as error:
            fault = error

            def failed():
                raise fault

            return whole(bench, action, effect=failed, **more)
        return whole(bench, action, effect=lambda: sent, **more)

    put(apply_sending, "carry_out", carried)


@mutant
def does_not_wait_until_a_create_is_over(put):
    put(plan_recovery, "_may_come", lambda *_: False)


@mutant
def does_not_wait_until_sent_mails_can_be_found(put):
    put(plan_sending, "T_SETTLE", timedelta())


@mutant
def takes_a_missing_draft_for_one_that_was_not_sent(put):
    def judged(attempt, traces, now):
        return AttemptState.SENT if traces.sent else AttemptState.NOT_SENT

    put(plan_recovery, "judge", judged)


@mutant
def takes_a_failed_look_for_nothing_there(put):
    whole = observe._traces

    def looked(*args):
        try:
            return whole(*args)
        except ProviderError:
            return SendTraces(searched=True, copy=CopyNow.GONE)

    put(observe, "_traces", looked)


@mutant
def does_not_look_among_sent_mails_before_it_makes_a_draft_again(put):
    whole = plan_recovery._settle_draft

    def settled(claim, draft, seen, recorded, now):
        return whole(claim, draft, None if isinstance(seen, SentMail) else seen, recorded, now)

    put(plan_recovery, "_settle_draft", settled)


@mutant
def sends_again_what_nobody_can_find(put):
    whole = plan_recovery._settle_send

    def settled(claim, draft, attempt, recorded, traces, now):
        found = whole(claim, draft, attempt, recorded, traces, now)
        if found is None or found.outcome is not Outcome.UNKNOWN:
            return found
        approval = plan_recovery.approval_of(attempt, recorded)
        back = plan_recovery.not_sent(draft, attempt, approval, now, "again", again=True)
        return replace(found, outcome=Outcome.FAILED, changes=back)

    put(plan_recovery, "_settle_send", settled)


@mutant
def forgets_a_send_that_was_interrupted(put):
    def settled(claim, *_):
        return Settlement(claim, Outcome.FAILED, "forgotten")

    put(plan_recovery, "_settle_send", settled)


@mutant
def sends_after_the_approval_ran_out(put):
    put(plan_sending, "_over", lambda *_: False)
    put(plan_drafts, "_approval_ends", lambda *_: [])


@mutant
def does_not_wait_for_the_undo_time(put):
    whole = plan_sending.approved_to_send

    def eager(recorded):
        return tuple((draft, replace(one, not_before=one.at)) for draft, one in whole(recorded))

    put(plan_sending, "approved_to_send", eager)


@mutant
def sends_the_drafts_bytes_and_not_the_approved_ones(put):
    whole = apply_sending.outgoing
    put(apply_sending, "outgoing", lambda draft, one: replace(whole(draft, one), mime=draft.mime))


@mutant
def reads_in_an_edit_without_its_words(put):
    def adopted(bench, action):
        kept = replace(action.draft, remote=action.seen.revision, rev=action.draft.rev + 1)
        return (apply_drafts.note(bench, action, (kept,)),)

    put(plan_drafts, "same_words", lambda *_: False)
    from automations import apply

    put(apply, "adopt_draft", adopted)


@mutant
def calls_a_mail_the_person_sent_discarded(put):
    def closed(draft, sent, now):
        return CloseDraft(draft, DraftState.DISCARDED, "gone")

    put(plan_drafts, "_sent_by_hand", closed)


@mutant
def leaves_the_copy_of_what_was_sent(put):
    whole = plan_drafts._about
    put(apply_sending, "_copy_removed", lambda *_: ())

    def about(draft, now, seen, recorded):
        return () if draft.state is DraftState.SENT else whole(draft, now, seen, recorded)

    put(plan_drafts, "_about", about)


@mutant
def settles_by_itself_what_only_a_person_can(put):
    whole = plan_cycle.AUTOMATIONS["sending"]

    def decided(policy, now, seen, recorded):
        found = whole.decide(policy, now, seen, recorded)
        ends = [
            CloseDraft(draft, DraftState.DISCARDED, "given up")
            for draft in recorded.drafts
            if draft.state is DraftState.UNKNOWN
        ]
        return replace(found, actions=(*found.actions, *ends))

    put(plan_cycle, "AUTOMATIONS", {**plan_cycle.AUTOMATIONS, "sending": replace(whole, decide=decided)})
