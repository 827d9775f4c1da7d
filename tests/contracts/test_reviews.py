"""Reviews, and failures that are counted, on every kind of store."""

import asyncio

import pytest

from gateway.roads.changes import Changes
from suppression.address import parse
from suppression.decision import Reason
from suppression.errors import Conflict
from suppression.model import Channel, Recipient, Scope, Way
from suppression.store import failures
from suppression.store.reviews import Reviews, Wrote
from suppression.store.store import Store

KEPT = 3600.0


def wrote(store: Store, text: str) -> Wrote:
    paused = Scope(frozenset({Channel.EMAIL}), "marketing")
    return Wrote(
        Channel.EMAIL,
        "brand",
        text,
        store.now(),
        Way.MAILBOX,
        "mailbox",
        "m1",
        "admin@example.com",
        {},
        paused,
    )


async def test_a_review_comes_pauses_and_ends(store: Store, ann: Recipient) -> None:
    reviews = Reviews(store)
    for _ in range(2):
        name = await reviews.open(ann, wrote(store, "hm"), "c1", KEPT)
    assert [pause.reason for pause in (await store.facts(ann)).suppressions] == [Reason.IN_REVIEW]
    review = await reviews.claim(str(name), "no_stop", "t1", "agent")
    assert review is not None
    with pytest.raises(Conflict):
        await reviews.claim(str(name), "stop", "t2", "agent")
    pause = await reviews.pause(review)
    await Changes(store).end_pause(ann, str(pause), actor="agent", change_id="c2")
    await reviews.close(review)

    assert await reviews.waiting(10) == ([], "")
    assert (await store.facts(ann)).suppressions == ()


async def test_the_queue_is_of_all_shards(store: Store) -> None:
    reviews = Reviews(store)
    for n in range(20):
        recipient = store.keyring.recipient(parse(f"a{n}@example.net"))
        await reviews.open(recipient, wrote(store, str(n)), f"c{n}", KEPT)
        await asyncio.sleep(0.002)  # of one millisecond neither is the older
    found, _ = await reviews.waiting(100)

    assert [review.wrote.text for review in found] == [str(n) for n in range(20)]


async def test_an_erasure_takes_them(store: Store, ann: Recipient) -> None:
    await Reviews(store).open(ann, wrote(store, "hm"), "c1", KEPT)
    await Changes(store).erase(ann, way=Way.AGENT, source="api", actor="agent")

    assert await Reviews(store).waiting(10) == ([], "")


async def test_a_failure_counts_once_for_each_message(store: Store, ann: Recipient) -> None:
    counted = [await failures.count(store, ann.key, 30003, message, 30) for message in ("m1", "m1", "m2")]

    assert counted == [1, 1, 2]
    assert await failures.count(store, ann.key, 30004, "m1", 30) == 1
