"""The lint of a recorded draft: what its reader would stumble over, and what stands in the way of approving it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.compose.lint import Level, Mail, lint
from automations.errors import RefusedError, UnknownNameError
from automations.model.records import DraftState
from automations.plan.mail_kind import mail_kind_of, update_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automations.compose.lint import Finding
    from automations.model.policy import Policy
    from automations.model.records import Draft, Recorded, Update

_WENT = (
    DraftState.APPROVED,
    DraftState.SENDING,
    DraftState.SENT,
    DraftState.SENT_ELSEWHERE,
    DraftState.UNKNOWN,
)


def lint_of(draft: Draft, recorded: Recorded, policy: Policy) -> tuple[Finding, ...]:
    """Return what is to be mended in a draft as it stands, errors first."""
    return lint(mail_of(draft, recorded, policy))


def mail_of(draft: Draft, recorded: Recorded, policy: Policy) -> Mail:
    """Return a draft as the lint sees it."""
    kind, audience = mail_kind_of(draft, recorded)
    update = update_of(draft, recorded)
    told = [
        u for u in recorded.updates if update and u.incident == update.incident and u.number <= update.number
    ]
    return Mail(
        kind=kind,
        audience=audience,
        subject=draft.subject,
        body=draft.body_text,
        to=draft.to,
        cc=draft.cc,
        people=_people(recorded, policy),
        earlier=tuple(other.body_text for other in earlier_mails(draft, recorded)),
        suspected=_suspected(told),
        confirmed=any(u.fields.get("root_cause") for u in told),
    )


def in_the_way(findings: Sequence[Finding], despite: Sequence[str]) -> tuple[Finding, ...]:
    """Return the errors among findings that a person did not say to go on despite of."""
    return tuple(found for found in findings if found.level is Level.ERROR and found.code not in despite)


def check_lint(
    draft: Draft, findings: Sequence[Finding], *, despite: Sequence[str] = (), reason: str = ""
) -> tuple[str, ...]:
    """Return the codes an approval goes on despite of: those that were named and do stand.

    :raises UnknownNameError: a code was named that no error of this draft has.
    :raises RefusedError: an error stands and was not named, or no reason was given.
    """
    errors = {found.code for found in findings if found.level is Level.ERROR}
    name = draft.id[:6]
    for code in despite:
        if code not in errors:
            raise UnknownNameError(
                "error of this draft", code, near=sorted(errors), fix=f"magicloop draft show {name}"
            )
    left = in_the_way(findings, despite)
    if left:
        again = " ".join(f"--despite {found.code}" for found in findings if found.code in errors)
        raise RefusedError(
            "; ".join(f"{found.message} ({found.code})" for found in left),
            where=draft.key,
            fix=f'magicloop draft edit {name}    (or approve it with {again} --reason "...")',
        )
    if despite and not reason.strip():
        raise RefusedError("going on despite an error needs a reason", where=draft.key, fix='--reason "..."')
    return tuple(dict.fromkeys(despite))


def _suspected(told: Sequence[Update]) -> tuple[str, ...]:
    """Return what is suspected as of the last update that said anything of causes."""
    for update in sorted(told, key=lambda each: each.number, reverse=True):
        if update.fields.get("suspected") or update.fields.get("known"):
            return tuple(filter(None, (update.fields.get("suspected", ""),)))
    return ()


def _people(recorded: Recorded, policy: Policy) -> tuple[str, ...]:
    """Return the names of everybody the records name, other than the person."""
    owners = [incident.owner for incident in recorded.incidents]
    owners += [update.fields.get("owner", "") for update in recorded.updates]
    names = dict.fromkeys(name for name in (*owners, *(boss.name for boss in policy.bosses)) if name.strip())
    return tuple(name for name in names if name != policy.me.name)


def earlier_mails(draft: Draft, recorded: Recorded) -> tuple[Draft, ...]:
    """Return the mails of the same kind that went to the same people before, oldest first."""
    to = {address.lower() for address in draft.to}
    return tuple(
        other
        for other in recorded.drafts
        if other.id != draft.id
        and other.kind == draft.kind
        and other.created < draft.created
        and other.state in _WENT
        and to & {address.lower() for address in other.to}
    )
