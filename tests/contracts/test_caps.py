"""Caps on a real store: counted by the commit itself, never exceeded by one, and by no retry twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from gateway.roads.pipeline import Ask, Pipeline, Refused
from suppression.address import parse
from suppression.decision import Defer, Reason, Refuse, Send
from suppression.limits import Cap, Limits, counted_as
from suppression.model import Channel, Recipient
from suppression.purposes import Catalogue
from suppression.store.hand_over import HandOver, InProgress, Settled
from suppression.store.opening import publish
from suppression.store.permit import Permit
from suppression.store.store import Store
from suppression.store.sweep import sweep
from tests.conftest import APP, SENDER

CATALOGUE = Catalogue.shipped()
DAILY = Cap("daily", 86_400, 3, "service")
HOURLY = Cap("hourly", 3600, 2, "service/notifications", frozenset({"email"}), defer=3600)


async def capped(store: Store, *caps: Cap) -> Pipeline:
    await publish(store, CATALOGUE.limited(Limits(caps=caps)))
    return Pipeline(store, await store.catalogue(), {SENDER.name: SENDER})


def ask(purpose: str = "service/notifications") -> Ask:
    return Ask(APP, Channel.EMAIL, CATALOGUE.find(purpose), parse("ann@example.net"))


async def outcome_of(pipeline: Pipeline, message: str, outcome: Outcome | None = None) -> bool:
    """Whether the message may go; it then ends so."""
    hand_over = HandOver(message, message)
    permit = await pipeline.permit(ask(), hand_over)
    if isinstance(permit, Permit) and outcome is not None:
        await pipeline.settle(ask(), permit, hand_over, outcome)
    return isinstance(permit, Permit)


async def members(store: Store, recipient: Recipient, cap: str = "daily") -> list[bytes]:
    key = store.shards.of(recipient.key).cap(recipient.key, cap)
    found: list[bytes] = await store.client.sends.execute("ZRANGE", key, 0, -1)
    return found


async def test_two_hundred_messages_at_once_never_exceed_a_cap_by_one(store: Store, ann: Recipient) -> None:
    pipelines = [await capped(store, DAILY) for _ in range(4)]
    answers = await asyncio.gather(
        *(pipelines[n % 4].permit(ask(), HandOver(f"m{n}", f"m{n}")) for n in range(200))
    )

    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert sum(isinstance(answer, Permit) for answer in answers) == 3
    assert len(refused) == 197
    assert {answer.decision for answer in refused} == {Refuse(Reason.CAPPED, "caps", "daily")}
    assert len(await members(store, ann)) == 3


async def test_two_hundred_tries_of_one_message_are_counted_once(store: Store, ann: Recipient) -> None:
    pipeline = await capped(store, DAILY)
    answers = await asyncio.gather(*(pipeline.permit(ask(), HandOver("m1", "m1")) for _ in range(200)))

    assert sum(isinstance(answer, Permit) for answer in answers) == 1
    assert all(isinstance(answer, Permit | InProgress) for answer in answers)
    assert await members(store, ann) == [counted_as("m1").encode()]


async def test_of_several_caps_each_must_have_room(store: Store) -> None:
    pipeline = await capped(store, DAILY, HOURLY)
    assert [await outcome_of(pipeline, f"m{n}", Sent("ok")) for n in range(3)] == [True, True, False]
    refused = await pipeline.permit(ask(), HandOver("m9", "m9"))
    assert isinstance(refused, Refused)
    assert isinstance(refused.decision, Defer)
    assert refused.waitable
    await store.set_clock(refused.decision.until)
    assert await outcome_of(pipeline, "m3", Sent("ok"))
    assert not await outcome_of(pipeline, "m4")


async def test_a_cap_that_refuses_takes_no_place_in_another(store: Store, ann: Recipient) -> None:
    pipeline = await capped(store, DAILY, HOURLY)
    for n in range(5):
        await outcome_of(pipeline, f"m{n}", Sent("ok"))
    assert len(await members(store, ann)) == 2


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Sent("ok"), True),
        (Rejected(550, "5.1.1", "unknown"), False),
        (Postponed(451, "4.3.0", "later"), False),
        (Unknown("the connection was lost"), True),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_did_not_arrive_is_not_counted(
    store: Store,
    ann: Recipient,
    outcome: Outcome,
    counts: bool,  # noqa: FBT001 - a row's
) -> None:
    pipeline = await capped(store, replace(DAILY, count=1))
    assert await outcome_of(pipeline, "m1", outcome)
    assert bool(await members(store, ann)) is counts
    assert await outcome_of(pipeline, "m2") is not counts


async def test_a_retry_of_a_message_with_unknown_outcome_passes_a_full_cap(store: Store) -> None:
    pipeline = await capped(store, replace(DAILY, count=1))
    permit = await pipeline.permit(ask(), HandOver("m1", "m1", deadline=-1))
    assert isinstance(permit, Permit)
    assert await sweep(store) == 1

    again = await pipeline.permit(ask(), HandOver("m1", "m1"))

    assert isinstance(again, Permit)
    assert again.possible_duplicate
    assert not await outcome_of(pipeline, "m2")


@pytest.mark.parametrize("late", [Rejected(550, "5.1.1", "unknown"), Postponed(451, "4.3.0", "later")])
async def test_a_late_answer_to_an_earlier_try_leaves_the_later_one_counted(
    store: Store, ann: Recipient, late: Outcome
) -> None:
    """The first try is overdue, the second one is sent, then the first one's next hop says no."""
    pipeline = await capped(store, replace(DAILY, count=1))
    first, second = HandOver("m1", "m1", deadline=-1), HandOver("m1", "m1")
    early, later = await pipeline.permit(ask(), first), await pipeline.permit(ask(), second)
    assert isinstance(early, Permit)
    assert isinstance(later, Permit)
    await pipeline.settle(ask(), later, second, Sent("ok"))
    await pipeline.settle(ask(), early, first, late)

    assert await members(store, ann) == [counted_as("m1").encode()]
    assert not await outcome_of(pipeline, "m2")


async def test_a_message_that_was_sent_is_settled_not_capped(store: Store) -> None:
    pipeline = await capped(store, replace(DAILY, count=1))
    assert await outcome_of(pipeline, "m1", Sent("queued as 12"))

    assert isinstance(await pipeline.permit(ask(), HandOver("m1", "m1")), Settled)
    assert await pipeline.peek(ask()) is None  # at RCPT it may be this one


async def test_what_left_the_window_makes_room(store: Store) -> None:
    pipeline = await capped(store, replace(DAILY, count=1))
    assert await outcome_of(pipeline, "m1", Sent("ok"))
    await store.set_clock(store.now() + timedelta(hours=23, minutes=59))
    assert not await outcome_of(pipeline, "m2")
    await store.set_clock(store.now() + timedelta(minutes=1))
    assert await outcome_of(pipeline, "m2", Sent("ok"))


async def test_a_recorded_decision_counts_once_by_its_id_and_a_question_does_not(store: Store) -> None:
    pipeline = await capped(store, replace(DAILY, count=2))
    assert isinstance(await pipeline.would(ask()), Send)
    first = await pipeline.decide_and_record(ask(), change_id="key")
    assert await pipeline.decide_and_record(ask(), change_id="key") == first
    assert isinstance((await pipeline.decide_and_record(ask())).decision, Send)

    third = await pipeline.decide_and_record(ask())

    assert third.decision == Refuse(Reason.CAPPED, "caps", "daily")
    assert (await pipeline.decide_and_record(ask(), change_id="key")) == first
    assert await pipeline.would(ask()) == third.decision


async def test_transactions_and_other_purposes_go_on(store: Store) -> None:
    pipeline = await capped(store, replace(DAILY, count=1, purpose="*"))
    assert await outcome_of(pipeline, "m1", Sent("ok"))
    assert not await outcome_of(pipeline, "m2")
    order = await pipeline.permit(ask("transactional/orders"), HandOver("m3", "m3"))
    assert isinstance(order, Permit)


async def test_a_cap_set_while_the_gateway_runs_holds_from_the_next_decision(store: Store) -> None:
    pipeline = await capped(store)
    assert await outcome_of(pipeline, "m1", Sent("ok"))
    await publish(store, CATALOGUE.limited(Limits(caps=(replace(DAILY, count=1),))))
    assert await outcome_of(pipeline, "m2", Sent("ok"))
    assert not await outcome_of(pipeline, "m3")


async def test_counted_messages_expire_by_themselves(store: Store, ann: Recipient) -> None:
    pipeline = await capped(store, DAILY)
    await outcome_of(pipeline, "m1")
    key = store.shards.of(ann.key).cap(ann.key, "daily")
    assert 86_390_000 < await store.client.sends.execute("PTTL", key) <= 86_400_000


async def test_explain_shows_the_cap_that_is_full(store: Store) -> None:
    pipeline = await capped(store, replace(DAILY, count=1))
    await outcome_of(pipeline, "m1")
    decision, verdicts = await pipeline.explain(ask())
    (line,) = (line for line in verdicts if line.rule == "caps")
    assert decision == Refuse(Reason.CAPPED, "caps", "daily")
    assert (line.verdict, line.fact) == ("refuse", "daily")


async def test_limits_that_are_empty_are_published_as_none(store: Store) -> None:
    await capped(store, DAILY)
    await capped(store)
    assert (await store.catalogue()).limits == Limits(loaded=MappingProxyType({}))
