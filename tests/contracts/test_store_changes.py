"""What every store must do for a change: one atomic step, one effect per id, entries side by side."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from suppression.changes import GiveConsent, Lift, Suppress, Withdraw
from suppression.decision import Reason
from suppression.errors import Conflict, IdempotencyMismatch, NotFound
from suppression.model import Basis, Channel, Recipient, Scope, Way
from suppression.store.apply import ChangeId, apply, claim
from suppression.store.store import Store


def stop(store: Store, scope: Scope | None = None, **more: object) -> Suppress:
    values = {
        "scope": scope or Scope(),
        "reason": Reason.UNSUBSCRIBED,
        "way": Way.AGENT,
        "source": "test",
        "actor": "tester",
        "at": store.now(),
    }
    return Suppress(**{**values, **more})  # type: ignore[arg-type]


async def test_an_entry_reads_back_as_it_was_written(store: Store, ann: Recipient) -> None:
    scope = Scope(frozenset({Channel.SMS, Channel.EMAIL}), "marketing/promotions", "brand", "shop")
    until = store.now() + timedelta(days=30)

    applied = await apply(store, ann, stop(store, scope, until=until, batch="b1", exact=ann.exact))

    (entry,) = (await store.facts(ann)).suppressions
    assert entry == applied.entry
    assert (entry.scope, entry.batch, entry.exact) == (scope, "b1", ann.exact)
    assert entry.until is not None
    assert abs(entry.until - until) < timedelta(milliseconds=2)
    assert applied.created


async def test_a_consent_reads_back_as_it_was_written(store: Store, ann: Recipient) -> None:
    given = GiveConsent(
        Scope(frozenset({Channel.EMAIL}), "marketing", "brand"),
        Basis.DOUBLE_OPT_IN,
        "form",
        "key|1",
        store.now(),
        ann.exact,
        evidence={"ip": "192.0.2.1"},
    )

    applied = await apply(store, ann, given)

    (consent,) = (await store.facts(ann)).consents
    assert replace(consent, actor="key|1") == applied.entry  # what separates parts is replaced
    assert consent.actor == "key_1"
    assert consent.basis is Basis.DOUBLE_OPT_IN
    assert await store.evidence(ann.key, consent.id) == {"ip": "192.0.2.1"}


async def test_a_repeat_returns_the_same_entry_with_the_later_end(store: Store, ann: Recipient) -> None:
    pause = stop(store, until=store.now() + timedelta(days=1))
    first = await apply(store, ann, pause)
    second = await apply(store, ann, stop(store))
    third = await apply(store, ann, pause)

    assert first.entry.id == second.entry.id == third.entry.id
    assert (first.created, second.created, third.created) == (True, False, False)
    (entry,) = (await store.facts(ann)).suppressions
    assert entry.until is None


async def test_entries_of_other_ways_stand_side_by_side(store: Store, ann: Recipient) -> None:
    await apply(store, ann, stop(store))
    imported = await apply(store, ann, stop(store, way=Way.IMPORT, batch="file-7"))
    await apply(store, ann, Lift(imported.entry.id, "tester", store.now()))

    assert [entry.way for entry in (await store.facts(ann)).suppressions] == [Way.AGENT]


async def test_the_version_is_the_id_of_the_last_changes_record(store: Store, ann: Recipient) -> None:
    await apply(store, ann, stop(store))
    facts = await store.facts(ann)

    assert facts.version == facts.recent[-1] == facts.suppressions[0].order


async def test_one_id_has_one_effect(store: Store, ann: Recipient) -> None:
    change_id = ChangeId("key-1", "body")
    first = await apply(store, ann, stop(store), change_id)
    await apply(store, ann, Lift(first.entry.id, "tester", store.now()))

    second = await apply(store, ann, stop(store), change_id)

    assert second.record_id == first.record_id
    assert second.created
    assert (await store.facts(ann)).suppressions == ()


async def test_a_lift_repeated_under_its_id_is_answered_again(store: Store, ann: Recipient) -> None:
    stopped = await apply(store, ann, stop(store))
    lift, change_id = Lift(stopped.entry.id, "tester", store.now()), ChangeId("key-2", "body")

    first = await apply(store, ann, lift, change_id)
    second = await apply(store, ann, lift, change_id)

    assert first.record_id == second.record_id
    with pytest.raises(NotFound):
        await apply(store, ann, lift)


async def test_one_id_with_another_body_is_refused(store: Store, ann: Recipient) -> None:
    await apply(store, ann, stop(store), ChangeId("key-1", "body"))

    with pytest.raises(IdempotencyMismatch):
        await apply(store, ann, stop(store), ChangeId("key-1", "other"))


async def test_a_key_is_bound_to_its_body_over_all_shards(store: Store) -> None:
    await claim(store, "key", "body")
    await claim(store, "key", "body")

    with pytest.raises(IdempotencyMismatch):
        await claim(store, "key", "other")


async def test_a_lift_of_another_commits_entry_is_not_found(store: Store, ann: Recipient) -> None:
    first = await apply(store, ann, stop(store))
    again = await apply(store, ann, stop(store))
    assert again.entry.order != first.entry.order

    with pytest.raises(NotFound):
        await apply(store, ann, Lift(first.entry.id, "tester", store.now(), order=first.entry.order))


async def test_a_complaint_is_not_lifted(store: Store, ann: Recipient) -> None:
    complaint = await apply(store, ann, stop(store, reason=Reason.COMPLAINED, way=Way.PROVIDER))

    with pytest.raises(Conflict):
        await apply(store, ann, Lift(complaint.entry.id, "tester", store.now()))


async def test_a_withdrawn_consent_stays_on_record(store: Store, ann: Recipient) -> None:
    scope = Scope(frozenset(), "marketing", "brand")
    given = GiveConsent(scope, Basis.OPT_IN, "form", "tester", store.now(), ann.exact)
    consent = await apply(store, ann, given)

    await apply(store, ann, Withdraw(consent.entry.id, "tester", store.now()))

    (kept,) = (await store.facts(ann)).consents
    assert not kept.in_force(store.now())


async def test_fifty_changes_at_once_are_all_kept(store: Store, ann: Recipient) -> None:
    store.client.timeout = 30  # each is planned again for every other one: a busy machine takes its time
    await asyncio.gather(
        *(apply(store, ann, stop(store, batch=str(number), way=Way.IMPORT)) for number in range(50))
    )

    assert len((await store.facts(ann)).suppressions) == 50


async def test_the_address_is_kept_sealed_only(store: Store, ann: Recipient) -> None:
    await apply(store, ann, stop(store))

    address = await store.address(ann.key)
    assert address is not None
    assert address.text == "ann@example.net"
    for key in await store.client.sends.execute("KEYS", "*"):
        assert b"ann" not in key
