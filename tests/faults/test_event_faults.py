"""Events when replies are lost and processes are killed: none is lost, and none is told of what was not logged."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.embedded.server import EmbeddedServer
from gateway.roads.changes import Changes
from gateway.webhooks.events import drafts
from gateway.webhooks.subscriptions import Subscription, Webhooks
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import Scope, Way
from suppression.outbox import Entry
from suppression.records import RecordKind
from suppression.store.entry_codec import entry_id
from suppression.store.event_entries import EventEntries
from suppression.store.opening import StoreSettings, open_store
from suppression.store.outbox import Outbox
from suppression.store.store import Store
from tests.conftest import SECRETS, url_of
from tests.faults.reply_dropper import dropping_replies
from tests.faults.telling_process import telling
from tests.gateway.webhooks.receiver import Receiver

WEBHOOKS = Webhooks({"shop": Subscription("shop", "brand", "https://app.example.com/", ())})
MARKETING = Scope(purpose="marketing", sender="brand")


async def stop(store: Store, address: str = "ann@example.net") -> str:
    recipient = store.keyring.recipient(parse(address))
    applied = await Changes(store).suppress(
        recipient, MARKETING, reason=Reason.UNSUBSCRIBED, way=Way.LINK, source="test", actor="recipient"
    )
    return applied.handle


async def test_a_lost_reply_makes_no_second_event_and_loses_none(
    valkey: EmbeddedServer, store: Store
) -> None:
    with TemporaryDirectory() as folder:
        async with dropping_replies(valkey.socket, Path(folder)) as (url, dropper):
            behind = await open_store(StoreSettings(url), SECRETS)
            behind.steps.events = drafts(WEBHOOKS)
            try:
                handle = await stop(behind)
                await Changes(behind).lift(handle, actor="agent", reason="asked", evidence={"ticket": "1"})
                dropper.active = False
                outbox, entries = Outbox(behind), EventEntries(behind)
                claimed = [
                    entry for shard in behind.shards.all for entry in await outbox.claim(shard.number, 10, 30)
                ]
                assert sorted(entry.event.kind for entry in claimed if entry.event) == [
                    RecordKind.LIFTED,
                    RecordKind.SUPPRESSED,
                ]
                dropper.active = True
                await entries.put_off(claimed[0], 60, attempts=1)
                await entries.told(claimed[1])  # done, though its first answer was lost
                dropper.active = False
            finally:
                await behind.close()
    assert dropper.dropped == 4
    assert [entry.state for entry in await _left(store)] == ["waiting"]


async def _left(store: Store) -> list[Entry]:
    keys = await store.client.sends.execute("KEYS", "*}o*")
    outbox = Outbox(store)
    return [await outbox.entry(_id(key)) for key in keys]


def _id(key: bytes) -> str:
    member = key.partition(b"}o")[2]
    return entry_id(member[:16], member[16:])


async def test_killed_between_claim_and_answer_another_tells_it_under_the_same_id(
    valkey: EmbeddedServer, store: Store
) -> None:
    """Every one of some dozens, through several dispatchers that are killed while they tell."""
    store.steps.events = drafts(WEBHOOKS)
    count = 40
    for n in range(count):
        await stop(store, f"ann{n}@example.net")
    async with Receiver(hangs=0.3).open() as receiver:
        for _ in range(3):
            seen = len(receiver.came)
            with telling(url_of(valkey), receiver.url):
                await receiver.until(seen + 3, 20)
        receiver.hangs = 0
        with telling(url_of(valkey), receiver.url):
            async with asyncio.timeout(30):
                while await store.client.sends.execute("KEYS", "*}o*"):  # noqa: ASYNC110 - nobody tells us
                    await asyncio.sleep(0.05)
    addresses = [came.verified()["data"]["recipient"] for came in receiver.came]
    ids = {came.id for came in receiver.came}
    assert set(addresses) == {f"ann{n}@example.net" for n in range(count)}
    assert len(ids) == count
    assert len(addresses) > count  # some came twice: killed behind the answer
