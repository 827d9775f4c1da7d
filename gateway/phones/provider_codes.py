"""What an error code of the provider says of the recipient: a stop there is one here; a number that nobody has is dead.

Dispatchers learn it from an answer, the webhook from a report; the table is channels.twilio.outcomes (RULES 2.3).
Faults of the sender, the content or a setting never touch the recipient.
"""

import hashlib
from dataclasses import dataclass

from channels.twilio.outcomes import Code, Effect, Suppress, find, scopes
from gateway.phones.text_answers import source_of
from gateway.roads.changes import Changes
from suppression.decision import Reason
from suppression.model import Channel, Recipient, Scope, Sender, Way
from suppression.store import failures
from suppression.store.store import Store

ACTOR = "twilio"
_REASONS = {
    Effect.OPT_OUT: Reason.UNSUBSCRIBED,
    Effect.LITIGATOR: Reason.UNSUBSCRIBED,
    Effect.INVALID_NUMBER: Reason.UNUSABLE_ADDRESS,
    Effect.NOT_SMS_CAPABLE: Reason.UNDELIVERABLE,
    Effect.SOFT: Reason.UNDELIVERABLE,
}
_OF_THE_NUMBER = frozenset({Reason.UNUSABLE_ADDRESS, Reason.UNDELIVERABLE})


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that failed. `message`: our id of it; `recipient`: as exactly as it is known."""

    message: str
    recipient: Recipient
    channel: Channel
    sender: Sender | None
    code: int


class ProviderCodes:
    """On one store."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes

    async def learn(self, failure: Failure) -> Code:
        """What the code asks for is stored when this returns; once for each message. StoreUnavailable."""
        row = find(failure.code)
        if row.suppress is Suppress.NOTHING or not await self._often_enough(failure, row):
            return row
        reason = _REASONS[row.effect]
        for place, (channel, purpose) in enumerate(scopes(row.suppress, failure.channel.value)):
            await self._changes.suppress(
                failure.recipient,
                Scope(frozenset({Channel(channel)}), purpose),
                reason=reason,
                way=Way.PROVIDER,
                source=_source(failure, row),
                actor=ACTOR,
                note=f"Twilio {row.code}: {row.meaning}",
                exact=(failure.recipient.exact or None) if reason in _OF_THE_NUMBER else None,
                change_id=_id(failure, place),
            )
        return row

    async def _often_enough(self, failure: Failure, row: Code) -> bool:
        if row.after <= 1:
            return True
        counted = await failures.count(
            self._store, failure.recipient.key, row.code, failure.message, row.days
        )
        return counted >= row.after


def _source(failure: Failure, row: Code) -> str:
    """A START to the sender ends what the recipient said to its number, and nothing else of this."""
    return source_of(failure.sender) if row.effect is Effect.OPT_OUT else f"{ACTOR}:{row.code}"


def _id(failure: Failure, place: int) -> str:
    text = f"code|{failure.message}|{failure.code}|{place}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
