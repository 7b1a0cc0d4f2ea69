"""Who a mail may go to without being named: those the config knows, and those who got one from here before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.plan.lifecycle import OUT

if TYPE_CHECKING:
    from automations.model.policy import Policy
    from automations.model.records import Draft, Recorded


def new_recipients(draft: Draft, policy: Policy, recorded: Recorded) -> tuple[str, ...]:
    """Return the draft's recipients that nobody knows yet, as they are written, To before Cc."""
    known = known_addresses(policy) | {
        address.lower() for each in recorded.drafts if each.state in OUT for address in (*each.to, *each.cc)
    }
    return tuple(address for address in (*draft.to, *draft.cc) if address.lower() not in known)


def known_addresses(policy: Policy) -> frozenset[str]:
    """Return the addresses the config names, in lower case: the person, bosses, incident audiences."""
    named = (
        policy.me.email,
        *(boss.email for boss in policy.bosses),
        *(address for audience in policy.incidents.audiences for address in audience.to),
    )
    return frozenset(address.lower() for address in named)
