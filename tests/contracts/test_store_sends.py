"""What every store must do for a send: one order, one effect, one Permit, and never a false yes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from suppression.changes import GiveConsent, Suppress
from suppression.decision import Reason, Refuse, Send
from suppression.errors import StoreUnavailable
from suppression.model import App, Basis, Channel, Facts, Recipient, Request, Scope, Way
from suppression.policy import decide
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store import meta
from suppression.store.apply import apply
from suppression.store.hand_over import REMEMBERED, HandOver, InProgress, Moved, Settled
from suppression.store.permit import Permit
from suppression.store.store import Store
from suppression.store.sweep import sweep

CATALOGUE = Catalogue.shipped()
APP = App("shop", "brand")
MARKETING = Scope(frozenset(), "marketing", "brand")
SEND = Send(Reason.NO_CONSENT_NEEDED)


def asking(store: Store, recipient: Recipient, purpose: str = "transactional/orders") -> Request:
    return Request(APP, Channel.EMAIL, CATALOGUE.find(purpose), recipient, store.now())


def stop(store: Store, purpose: str = "*") -> Suppress:
    return Suppress(Scope(purpose=purpose), Reason.UNSUBSCRIBED, Way.AGENT, "test", "tester", store.now())


def consent(store: Store, recipient: Recipient, *, direct: bool = False) -> GiveConsent:
    return GiveConsent(MARKETING, Basis.OPT_IN, "form", "tester", store.now(), recipient.exact, direct=direct)


def outcome(store: Store, kind: RecordKind = RecordKind.SENT, text: str = "ok") -> Record:
    return Record(kind, round(store.now().timestamp() * 1000), text=text)


async def permit_for(store: Store, recipient: Recipient, hand_over: HandOver) -> Permit:
    facts = await store.facts(recipient)
    answer = await store.commit(asking(store, recipient), SEND, facts, hand_over)
    assert isinstance(answer, Permit)
    return answer


async def test_a_commit_makes_a_permit_with_its_record(store: Store, ann: Recipient) -> None:
    permit = await permit_for(store, ann, HandOver("m1", "message"))

    (record,) = await store.log.history(permit.decision_id)
    assert (record.kind, record.reason, record.purpose) == (
        RecordKind.HANDING_OVER,
        "no_consent_needed",
        "transactional/orders",
    )
    assert permit.address.text == "ann@example.net"
    assert (await store.facts(ann)).recent != ()


async def test_a_commit_does_not_change_the_version(store: Store, ann: Recipient) -> None:
    before = await store.facts(ann)
    await permit_for(store, ann, HandOver("m1", "message"))

    assert (await store.facts(ann)).version == before.version == ""


async def test_a_stop_between_facts_and_commit_is_seen(store: Store, ann: Recipient) -> None:
    facts = await store.facts(ann)
    await apply(store, ann, stop(store))
    request = asking(store, ann, "marketing/promotions")

    answer = await store.commit(request, SEND, facts, HandOver("m1", "message"))

    assert isinstance(answer, Moved)
    assert answer.facts is not None
    assert decide(request, answer.facts, CATALOGUE) == Refuse(
        Reason.UNSUBSCRIBED, "suppression", answer.facts.suppressions[0].id
    )


async def test_the_same_try_asked_twice_gets_the_same_permit(store: Store, ann: Recipient) -> None:
    hand_over = HandOver("m1", "message")
    first = await permit_for(store, ann, hand_over)
    second = await permit_for(store, ann, hand_over)

    assert first.decision_id == second.decision_id
    assert len(await store.log.of(ann.key)) == 1


async def test_another_try_waits_while_one_is_under_way(store: Store, ann: Recipient) -> None:
    first = await permit_for(store, ann, HandOver("m1", "message"))
    again = await store.commit(asking(store, ann), SEND, await store.facts(ann), HandOver("m1", "message"))

    assert again == InProgress(first.decision_id)


@pytest.mark.parametrize("kind", [RecordKind.SENT, RecordKind.REJECTED])
async def test_a_settled_copy_does_not_go_again(store: Store, ann: Recipient, kind: RecordKind) -> None:
    hand_over = HandOver("m1", "message")
    permit = await permit_for(store, ann, hand_over)
    words = replace(outcome(store, kind, "queued as 12"), code=250, status="2.0.0")
    assert await store.settle(permit, hand_over, words, REMEMBERED)

    again = await store.commit(asking(store, ann), SEND, await store.facts(ann), HandOver("m1", "message"))

    assert isinstance(again, Settled)
    assert (again.state, again.text, again.code) == (kind, "queued as 12", 250)
    assert len(await store.log.of(ann.key)) == 2


async def test_a_postponed_copy_goes_again(store: Store, ann: Recipient) -> None:
    hand_over = HandOver("m1", "message")
    permit = await permit_for(store, ann, hand_over)
    await store.settle(permit, hand_over, outcome(store, RecordKind.POSTPONED), 0)

    assert (await permit_for(store, ann, HandOver("m1", "message"))).decision_id != permit.decision_id


async def test_without_message_id_the_marker_ends_with_the_hand_over(store: Store, ann: Recipient) -> None:
    hand_over = HandOver("m1", "message", remembers=False)
    permit = await permit_for(store, ann, hand_over)
    busy = await store.commit(asking(store, ann), SEND, await store.facts(ann), HandOver("m1", "message"))
    await store.settle(permit, hand_over, outcome(store), REMEMBERED)

    assert isinstance(busy, InProgress)
    assert isinstance(await permit_for(store, ann, HandOver("m1", "message")), Permit)


async def test_a_settlement_happens_once(store: Store, ann: Recipient) -> None:
    hand_over = HandOver("m1", "message")
    permit = await permit_for(store, ann, hand_over)

    first = await store.settle(permit, hand_over, outcome(store), REMEMBERED)
    second = await store.settle(permit, hand_over, outcome(store), REMEMBERED)

    assert (first, second) == (True, False)
    assert [r.kind for r in await store.log.history(permit.decision_id)] == ["handing_over", "sent"]


async def test_the_sweeper_ends_a_hand_over_without_outcome(store: Store, ann: Recipient) -> None:
    permit = await permit_for(store, ann, HandOver("m1", "message", deadline=-1))

    assert await sweep(store) == 1
    assert await sweep(store) == 0
    assert [r.kind for r in await store.log.history(permit.decision_id)] == ["handing_over", "unknown"]
    again = await permit_for(store, ann, HandOver("m1", "message"))
    assert again.possible_duplicate
    assert (await store.log.find(again.decision_id)).duplicate


async def test_a_resend_after_the_deadline_is_a_possible_duplicate(store: Store, ann: Recipient) -> None:
    await permit_for(store, ann, HandOver("m1", "message", deadline=-1))

    assert (await permit_for(store, ann, HandOver("m1", "message"))).possible_duplicate


async def test_a_possible_duplicate_is_one_also_when_its_first_answer_was_lost(
    store: Store, ann: Recipient
) -> None:
    """The same try, asked again, is answered alike."""
    await permit_for(store, ann, HandOver("m1", "message", deadline=-1))
    again = HandOver("m1", "message")

    permits = [await permit_for(store, ann, again) for _ in range(2)]

    assert permits[0].decision_id == permits[1].decision_id
    assert all(permit.possible_duplicate for permit in permits)


async def test_two_hundred_commits_at_once_make_one_permit(store: Store, ann: Recipient) -> None:
    facts = await store.facts(ann)
    answers = await asyncio.gather(
        *(store.commit(asking(store, ann), SEND, facts, HandOver("m1", "message")) for _ in range(200))
    )

    assert sum(isinstance(answer, Permit) for answer in answers) == 1
    assert len(await store.log.of(ann.key, 300)) == 1


async def test_a_clock_that_differs_by_more_than_two_seconds_is_refused(store: Store, ann: Recipient) -> None:
    request = asking(store, ann)
    late = replace(request, at=request.at - timedelta(seconds=3))

    with pytest.raises(StoreUnavailable, match="clock"):
        await store.commit(late, SEND, await store.facts(ann), HandOver("m1", "message"))
    assert await store.log.of(ann.key) == []


async def test_a_generation_that_moved_is_answered_like_a_moved_version(store: Store, ann: Recipient) -> None:
    facts = await store.facts(ann)
    for shard in store.shards.all:
        await store.client.sends.execute("HSET", shard.meta, "generation", "another")

    answer = await store.commit(asking(store, ann), SEND, facts, HandOver("m1", "message"))

    assert isinstance(answer, Moved)
    assert answer.facts == Facts(generation="another")


@pytest.mark.parametrize("fault", ["empty", "another epoch"])
async def test_a_store_that_is_not_ours_never_says_yes(store: Store, ann: Recipient, fault: str) -> None:
    facts = await store.facts(ann)
    if fault == "empty":
        await store.client.sends.execute("FLUSHALL")
    else:
        for shard in store.shards.all:
            await store.client.sends.execute("HSET", shard.meta, "epoch", "foreign")

    with pytest.raises(StoreUnavailable):
        await store.facts(ann)
    with pytest.raises(StoreUnavailable):
        await store.commit(asking(store, ann), SEND, facts, HandOver("m1", "message"))
    with pytest.raises(StoreUnavailable):
        await apply(store, ann, stop(store))


async def test_the_sandbox_clock_moves_decisions_of_all_processes(store: Store, ann: Recipient) -> None:
    facts = await store.facts(ann)
    stale = asking(store, ann)
    await meta.set_offset(store.client.stops, store.shards, 3_600_000)  # another process did

    moved = await store.commit(stale, SEND, facts, HandOver("m1", "message"))

    assert moved == Moved(None)
    assert store.now() > stale.at + timedelta(minutes=59)
    assert isinstance(await permit_for(store, ann, HandOver("m1", "message")), Permit)


async def test_a_consent_stands_above_an_earlier_stop_only_if_taken_directly(
    store: Store, ann: Recipient
) -> None:
    await apply(store, ann, stop(store, "marketing"))
    request = asking(store, ann, "marketing/promotions")

    await apply(store, ann, consent(store, ann))
    assert isinstance(decide(request, await store.facts(ann), CATALOGUE), Refuse)
    await apply(store, ann, consent(store, ann, direct=True))
    assert isinstance(decide(request, await store.facts(ann), CATALOGUE), Send)
    await apply(store, ann, stop(store, "marketing"))  # the same words again, now the newest
    assert isinstance(decide(request, await store.facts(ann), CATALOGUE), Refuse)
