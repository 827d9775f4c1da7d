"""What becomes of a request about one's data, once its recipient has confirmed it."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping

from gateway.confirmations.wishes import Kind, Wish
from gateway.roads.changes import Changes
from suppression.model import Channel, Recipient, Way
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.store import Store

TakeUp = Callable[[Recipient, Wish, Mapping[str, str], str], Awaitable[None]]
"""Takes up a confirmed request about data: whose, what, how it was confirmed, and an id to know it again by."""


def requests(store: Store, changes: Changes) -> TakeUp:
    """Takes requests up: a record that agents see; an erasure is done at once."""

    async def take_up(
        recipient: Recipient, wish: Wish, _evidence: Mapping[str, str], request_id: str
    ) -> None:
        line = Record(
            kind=RecordKind.REQUESTED,
            at=codec.milliseconds(store.now()),
            recipient=recipient.key.hex(),
            exact=recipient.exact,
            channel=Channel.EMAIL.value,
            sender=wish.sender,
            source=wish.source,
            actor="recipient",
            details={"what": wish.kind.value},
        )
        await store.log_record(recipient.key, line, store.client.stops, seen=request_id)
        if wish.kind is Kind.ERASURE:
            await changes.erase(
                recipient,
                way=Way.PREFERENCES,
                source=wish.source,
                actor="recipient",
                change_id=hashlib.sha256(f"erase|{request_id}".encode()).hexdigest(),
            )

    return take_up
