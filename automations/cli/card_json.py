"""A card as the contract's fields, beside those of `draft list --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automations.cli.wording import local_iso

if TYPE_CHECKING:
    from automations.desk.card import Card
    from automations.desk.differences import Difference
    from automations.desk.moments import Moment


def card_json(card: Card, zone: str) -> dict[str, Any]:
    """Return what a card adds to a draft: body, recipients, due, what a yes does, what is different, what is promised."""

    def at(when: Moment | None) -> str | None:
        return None if when is None else local_iso(when.at, zone)

    approved = card.approved
    return {
        "title": card.title,
        "due": at(card.due),
        "contacts": [{"kind": each.kind, "at": at(each.at), "words": each.words} for each in card.contacts],
        "from": {"name": card.sender_name, "address": card.sender, "account": card.account},
        "recipients": [
            {
                "header": each.header.lower(),
                "name": each.name,
                "address": each.address,
                "new": each.is_new,
                "external": each.is_external,
            }
            for each in card.recipients
        ],
        "body_text": card.body_text,
        "body_html": card.body_html,
        "words_least": card.length.least,
        "words_most": card.length.most,
        "promises": [{"words": each.words, "due": at(each.at), "told": each.told} for each in card.pledges],
        "diff": card.since_seen.unified if card.since_seen else "",
        "since_seen": _difference(card.since_seen),
        "since_last_mail": _difference(card.since_last_mail),
        "yes": card.doing.value,
        "hindrance": card.hindrance,
        "undo_until": at(approved.undo_until) if approved else None,
        "approval_expires": at(approved.expires) if approved else None,
    }


def _difference(found: Difference | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "against": found.against,
        "headers": [{"header": name, "before": before, "now": now} for name, before, now in found.headers],
        "diff": found.unified,
    }
