"""From an app's request to a Permit or a refusal, on a real store."""

import asyncio
import json

import pytest

from channels.carrier import Postponed, Rejected, Sent
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Ask, Pipeline, Refused
from gateway.roads.reading import Reading
from suppression.address import parse
from suppression.decision import Reason, Refuse, Send
from suppression.errors import NotFound, StoreUnavailable
from suppression.model import Basis, Channel, Recipient, Scope, Way
from suppression.purposes import Catalogue
from suppression.records import RecordKind
from suppression.store.hand_over import HandOver, Settled
from suppression.store.opening import StoreSettings, open_store, prepare, publish
from suppression.store.permit import Permit
from suppression.store.store import Store
from tests.conftest import APP, SECRETS, SENDER

SHIPPED = Catalogue.shipped()


@pytest.fixture
def pipeline(store: Store) -> Pipeline:
    return Pipeline(store, SHIPPED, {SENDER.name: SENDER})


def ask(purpose: str = "transactional/orders", to: str = "ann@example.net") -> Ask:
    return Ask(APP, Channel.EMAIL, SHIPPED.find(purpose), parse(to))


async def stop_everything(store: Store, recipient: Recipient) -> None:
    await Changes(store).suppress(
        recipient, Scope(), reason=Reason.UNSUBSCRIBED, way=Way.AGENT, source="test", actor="tester"
    )


async def test_a_refusal_is_logged_with_the_rule_that_decided(pipeline: Pipeline) -> None:
    refused = await pipeline.peek(ask("marketing/promotions"))

    assert isinstance(refused, Refused)
    assert refused.decision == Refuse(Reason.NO_CONSENT, "consent")
    record = await pipeline.store.log.find(refused.decision_id)
    assert (record.kind, record.outcome, record.reason, record.rule) == (
        RecordKind.DECIDED,
        "refuse",
        "no_consent",
        "consent",
    )
    assert record.policy == SHIPPED.generation


async def test_a_peek_that_may_go_logs_nothing(pipeline: Pipeline, ann: Recipient) -> None:
    assert await pipeline.peek(ask()) is None
    assert await pipeline.store.log.of(ann.key) == []


async def test_outcomes_are_logged_without_addresses(pipeline: Pipeline) -> None:
    hand_over = HandOver("m1", "message")
    permit = await pipeline.permit(ask(), hand_over)
    assert isinstance(permit, Permit)
    await pipeline.settle(ask(), permit, hand_over, Rejected(550, "5.1.1", "<ann@example.net> unknown"))

    (_, record) = await pipeline.store.log.history(permit.decision_id)

    assert (record.kind, record.code, record.status, record.text) == (
        RecordKind.REJECTED,
        550,
        "5.1.1",
        "<address> unknown",
    )


async def test_a_forgotten_rejection_may_be_tried_again(pipeline: Pipeline) -> None:
    hand_over = HandOver("m1", "message")
    permit = await pipeline.permit(ask(), hand_over)
    assert isinstance(permit, Permit)
    await pipeline.settle(ask(), permit, hand_over, Rejected(550, "5.1.1", "unknown"))
    assert isinstance(await pipeline.permit(ask(), HandOver("m1", "message")), Settled)

    await pipeline.forget(ask(), hand_over)

    assert isinstance(await pipeline.permit(ask(), HandOver("m1", "message")), Permit)


async def test_a_new_catalogue_is_followed_without_a_restart(pipeline: Pipeline, store: Store) -> None:
    table = json.loads(SHIPPED.to_json())["purposes"]
    table["transactional/orders"]["channels"] = {"email": "opt-in"}
    await publish(store, Catalogue.from_table(table))

    refused = await pipeline.peek(ask())

    assert isinstance(refused, Refused)
    assert refused.decision.reason is Reason.NO_CONSENT


async def test_a_catalogue_half_published_is_waited_for(pipeline: Pipeline, store: Store) -> None:
    for shard in store.shards.all:
        await store.client.sends.execute("HSET", shard.meta, "generation", "to come")

    with pytest.raises(StoreUnavailable):
        await pipeline.peek(ask())


async def test_a_store_of_a_version_that_shipped_other_hours_is_decided_on_once_ours_are_in_force(
    store_settings: StoreSettings,
) -> None:
    await prepare(store_settings, SECRETS, SHIPPED)
    store = await open_store(store_settings, SECRETS)
    for shard in store.shards.all:  # as a version wrote it whose shipped data had another digest
        await store.client.sends.execute("HSET", shard.meta, "generation", "0123456789abcdef")
    await store.close()

    store = await open_store(store_settings, SECRETS)
    pipeline = Pipeline(store, await store.catalogue(), {SENDER.name: SENDER})
    with pytest.raises(StoreUnavailable, match="another version"):
        await pipeline.peek(ask())
    await publish(store, SHIPPED)  # as every start does

    assert await pipeline.peek(ask()) is None
    await store.close()


async def test_a_check_repeated_under_its_id_is_answered_alike(pipeline: Pipeline, ann: Recipient) -> None:
    first = await pipeline.decide_and_record(ask(), change_id="key")
    await stop_everything(pipeline.store, ann)

    assert await pipeline.decide_and_record(ask(), change_id="key") == first
    assert isinstance(first.decision, Send)
    assert isinstance((await pipeline.decide_and_record(ask())).decision, Refuse)


async def test_what_would_be_is_not_logged(pipeline: Pipeline, ann: Recipient) -> None:
    assert isinstance(await pipeline.would(ask()), Send)
    assert await pipeline.store.log.of(ann.key) == []


async def test_no_commit_follows_an_acknowledged_stop(pipeline: Pipeline, ann: Recipient) -> None:
    """Promise 2: whatever was under way, every Permit's record stands before the stop's."""
    sends = [
        asyncio.create_task(pipeline.permit(ask(), HandOver(f"m{number}", "message")))
        for number in range(100)
    ]
    await asyncio.sleep(0.005)
    await stop_everything(pipeline.store, ann)
    answers = await asyncio.gather(*sends)

    records = (await pipeline.store.log.of(ann.key, 300))[::-1]
    (stopped,) = (place for place, record in enumerate(records) if record.kind is RecordKind.SUPPRESSED)
    permits = [place for place, record in enumerate(records) if record.kind is RecordKind.HANDING_OVER]
    assert len(permits) == sum(isinstance(answer, Permit) for answer in answers)
    assert all(place < stopped for place in permits)


async def test_a_message_of_one_copy_is_found_by_its_decision(pipeline: Pipeline) -> None:
    hand_over = HandOver("m1", "message")
    permit = await pipeline.permit(ask(), hand_over)
    assert isinstance(permit, Permit)
    await pipeline.settle(ask(), permit, hand_over, Sent("ok"))

    found = await Reading(pipeline.store).message(permit.decision_id)

    assert found is not None
    assert found.to == "ann@example.net"
    assert [record.kind for record in found.history] == ["handing_over", "sent"]


async def test_a_message_of_several_copies_is_found_by_its_own_id(pipeline: Pipeline) -> None:
    ids = []
    for number, to in enumerate(("ann@example.net", "bob@example.net")):
        hand_over = HandOver(f"m{number}", "the-message", copies=2)
        permit = await pipeline.permit(ask(to=to), hand_over)
        assert isinstance(permit, Permit)
        await pipeline.settle(ask(to=to), permit, hand_over, Postponed(451, "4.3.0", "later"))
        ids.append(permit.decision_id)
    await pipeline.list_message("the-message", ids)

    found = await Reading(pipeline.store).message("the-message")

    assert found is not None
    assert found.to is None
    assert [record.kind for record in found.history] == ["handing_over", "postponed"] * 2
    assert await Reading(pipeline.store).message("unheard-of") is None


async def test_an_override_names_an_entry_of_the_same_recipient(store: Store, ann: Recipient) -> None:
    changes, bob = Changes(store), store.keyring.recipient(parse("bob@example.net"))
    stopped = await changes.suppress(
        bob, Scope(), reason=Reason.UNSUBSCRIBED, way=Way.AGENT, source="test", actor="tester"
    )

    with pytest.raises(NotFound):
        await changes.consent(
            ann,
            Scope(purpose="marketing", sender="brand"),
            basis=Basis.OPT_IN,
            source="test",
            actor="tester",
            at=store.now(),
            evidence={"note": "said so"},
            overrides=[stopped.handle],
        )
