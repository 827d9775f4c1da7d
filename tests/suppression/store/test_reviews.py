"""Reviews: what recipients wrote stays until somebody has decided it, and pauses what it may be about."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.roads.changes import Changes
from suppression.address import parse
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound, StoreUnavailable
from suppression.model import Channel, Recipient, Scope, Way
from suppression.records import RecordKind
from suppression.store.apply import SUPPRESSION_HANDLE
from suppression.store.keys import handle
from suppression.store.reviews import MOST_OPEN, Erased, Review, Reviews, Wrote
from suppression.store.store import Store

KEPT = timedelta(days=8).total_seconds()
PAUSED = Scope(frozenset({Channel.SMS, Channel.VOICE}), "marketing")


@pytest.fixture
def reviews(store: Store) -> Reviews:
    return Reviews(store)


@pytest.fixture
def bob(store: Store) -> Recipient:
    return store.keyring.recipient(parse("+12025550143"))


def wrote(store: Store, text: str = "who is this?") -> Wrote:
    return Wrote(
        channel=Channel.SMS,
        sender="brand",
        text=text,
        at=store.now(),
        way=Way.SMS,
        source="sms:brand",
        message="SM1",
        to="+12025550100",
        suggestion={"verdict": "unclear", "rule": "question"},
        paused=PAUSED,
    )


async def opened(reviews: Reviews, store: Store, bob: Recipient, change: str = "c1") -> str:
    name = await reviews.open(bob, wrote(store, f"text of {change}"), change, KEPT)
    assert name is not None
    return name


async def texts(reviews: Reviews) -> list[str]:
    found, _ = await reviews.waiting(100)
    return [review.wrote.text for review in found]


async def test_what_was_written_can_be_read_with_whose_it_is(
    reviews: Reviews, store: Store, bob: Recipient
) -> None:
    said = wrote(store)
    name = await reviews.open(bob, said, "c1", KEPT)

    found, more = await reviews.waiting(10)
    assert found == [Review(str(name), bob, said)]
    assert more == ""


async def test_it_pauses_in_the_same_step(reviews: Reviews, store: Store, bob: Recipient) -> None:
    name = await opened(reviews, store, bob)

    (pause,) = (await store.facts(bob)).suppressions
    assert (pause.scope, pause.reason, pause.until) == (PAUSED, Reason.IN_REVIEW, None)
    assert await reviews.pause(await reviews.find(name)) == pause.id


async def test_a_repeat_opens_nothing_more(reviews: Reviews, store: Store, bob: Recipient) -> None:
    names = {await opened(reviews, store, bob) for _ in range(3)}

    assert len(names) == 1
    assert len(await texts(reviews)) == 1


async def test_a_repeat_after_the_decision_opens_it_not_again(
    reviews: Reviews, store: Store, bob: Recipient
) -> None:
    name = await opened(reviews, store, bob)
    review = await reviews.claim(name, "no_stop", "try", "agent")
    assert review is not None
    await reviews.close(review)

    assert await opened(reviews, store, bob) == name
    assert await texts(reviews) == []


async def test_the_oldest_come_first_page_by_page(reviews: Reviews, store: Store) -> None:
    for n in range(25):
        recipient = store.keyring.recipient(parse(f"+120255501{n:02}"))
        await opened(reviews, store, recipient, f"c{n:02}")
    shown, after = [], ""
    while True:
        page, after = await reviews.waiting(7, after)
        shown += [review.wrote.text for review in page]
        if not after:
            break

    assert shown == [f"text of c{n:02}" for n in range(25)]


async def test_many_of_one_millisecond_are_all_shown(reviews: Reviews, store: Store, bob: Recipient) -> None:
    await asyncio.gather(*(opened(reviews, store, bob, f"c{n}") for n in range(15)))
    first, after = await reviews.waiting(4)
    rest, _ = await reviews.waiting(100, after)

    assert len({review.id for review in (*first, *rest)}) == 15


@pytest.mark.parametrize("wrong", ["x", "1.x", "1", "."])
async def test_a_place_that_is_none_is_not_found(reviews: Reviews, wrong: str) -> None:
    if wrong == "1":
        assert await reviews.waiting(1, wrong) == ([], "")
        return
    with pytest.raises(NotFound):
        await reviews.waiting(1, wrong)


async def test_nobody_fills_the_queue_alone(reviews: Reviews, store: Store, bob: Recipient) -> None:
    for n in range(MOST_OPEN):
        await opened(reviews, store, bob, f"c{n}")

    assert await reviews.open(bob, wrote(store), "one more", KEPT) is None
    assert await opened(reviews, store, bob, "c0")
    assert len(await texts(reviews)) == MOST_OPEN


async def test_one_decision_is_the_first(reviews: Reviews, store: Store, bob: Recipient) -> None:
    name = await opened(reviews, store, bob)
    tries = [("stop", f"t{n}") for n in range(4)] + [("no_stop", f"u{n}") for n in range(4)]
    answers = await asyncio.gather(
        *(reviews.claim(name, decision, attempt, "agent") for decision, attempt in tries),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, Review) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 7


async def test_the_same_try_goes_on_until_all_is_done(reviews: Reviews, store: Store, bob: Recipient) -> None:
    """Its first answer was lost, or it was killed half-way."""
    name = await opened(reviews, store, bob)
    first = await reviews.claim(name, "stop", "t1", "agent")
    again = await reviews.claim(name, "stop", "t1", "agent")
    assert first == again
    assert again is not None
    assert [review.decided for review in (await reviews.waiting(1))[0]] == ["stop"]
    await reviews.close(again)

    assert await reviews.claim(name, "stop", "t1", "agent") is None
    with pytest.raises(Conflict):
        await reviews.claim(name, "stop", "t2", "agent")
    with pytest.raises(Conflict):
        await reviews.find(name)


async def test_a_decision_is_logged_with_who_made_it(reviews: Reviews, store: Store, bob: Recipient) -> None:
    name = await opened(reviews, store, bob)
    await reviews.claim(name, "stop", "t1", "agent smith")
    latest = (await store.log.of(bob.key))[0]

    assert (latest.kind, latest.actor) == (RecordKind.REVIEWED, "agent smith")
    assert latest.details == {"review": name, "decision": "stop"}


async def test_what_was_written_goes_with_the_decision(
    reviews: Reviews, store: Store, bob: Recipient
) -> None:
    name = await opened(reviews, store, bob)
    review = await reviews.claim(name, "stop", "t1", "agent")
    assert review is not None
    await reviews.close(review)

    key = store.shards.of(bob.key).review(bob.key, review.number)
    assert set(await store.client.stops.read_one("HKEYS", key)) == {b"s", b"z"}
    assert await store.client.stops.read_one("PTTL", key) > 0


async def test_nothing_else_ends_the_pause(reviews: Reviews, store: Store, bob: Recipient) -> None:
    name = await opened(reviews, store, bob)
    pause = await reviews.pause(await reviews.find(name))
    changes = Changes(store)

    with pytest.raises(Conflict):
        await changes.lift(
            handle(SUPPRESSION_HANDLE, bob.key, str(pause)), actor="agent", reason="no", evidence={}
        )


@pytest.mark.parametrize("name", ["rev_", "rev_0", "sup_0", "rev_" + "0" * 36])
async def test_a_review_that_is_none_is_not_found(reviews: Reviews, name: str) -> None:
    with pytest.raises(NotFound):
        await reviews.claim(name, "stop", "t1", "agent")
    with pytest.raises(NotFound):
        await reviews.find(name)


async def test_an_erasure_takes_reviews_and_their_pauses_with_it(
    reviews: Reviews, store: Store, bob: Recipient
) -> None:
    name = await opened(reviews, store, bob)
    await Changes(store).erase(bob, way=Way.AGENT, source="api", actor="agent")

    assert await texts(reviews) == []
    assert [entry.reason for entry in (await store.facts(bob)).suppressions] == [Reason.ERASED]
    with pytest.raises(NotFound):
        await reviews.find(name)
    with pytest.raises(Erased):
        await reviews.open(bob, wrote(store), "c2", KEPT)


async def test_a_review_survives_that_its_recipient_stops(
    reviews: Reviews, store: Store, bob: Recipient
) -> None:
    await opened(reviews, store, bob)
    await Changes(store).suppress(
        bob, Scope(), reason=Reason.UNSUBSCRIBED, way=Way.SMS, source="sms:brand", actor="recipient"
    )

    assert len(await texts(reviews)) == 1


async def test_a_long_text_is_kept_in_part(reviews: Reviews, store: Store, bob: Recipient) -> None:
    await reviews.open(bob, wrote(store, "ü" * 10_000), "c1", KEPT)

    assert [len(text) for text in await texts(reviews)] == [4_000]


async def test_the_text_rests_sealed(reviews: Reviews, store: Store, bob: Recipient) -> None:
    name = await opened(reviews, store, bob)
    review = await reviews.find(name)
    key = store.shards.of(bob.key).review(bob.key, review.number)
    values = await store.client.stops.read_one("HVALS", key)

    assert not any(b"text of" in value or b"+1202" in value for value in values)


async def test_another_channel_is_queued_alike(reviews: Reviews, store: Store, ann: Recipient) -> None:
    said = replace(wrote(store), channel=Channel.EMAIL, way=Way.MAILBOX, source="mailbox")
    await reviews.open(ann, said, "c1", KEPT)
    ((review,), _) = await reviews.waiting(1)

    assert review.recipient == ann
    assert review.wrote.channel is Channel.EMAIL


async def test_a_store_that_is_away_is_said(reviews: Reviews, store: Store, bob: Recipient) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await opened(reviews, store, bob)
