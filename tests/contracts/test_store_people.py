"""People on every kind of store: what concerns all of a human reaches all of its addresses before the answer."""

import asyncio
from datetime import timedelta

import pytest

from suppression.address import parse
from suppression.changes import GiveConsent, Lift, Return, Suppress
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound, NotPermitted
from suppression.model import Basis, Facts, Recipient, Scope, Way
from suppression.records import RecordKind
from suppression.store.apply import ChangeId, apply
from suppression.store.people import People
from suppression.store.store import Store


@pytest.fixture
def people(store: Store) -> People:
    return People(store)


def named(store: Store, name: str) -> Recipient:
    return store.keyring.recipient(parse(f"{name}@example.net"))


async def facts(store: Store, name: str) -> Facts:
    return await store.facts(Recipient(named(store, name).key, ""))


async def reasons(store: Store, name: str) -> list[Reason]:
    return [entry.reason for entry in (await facts(store, name)).suppressions]


async def link(people: People, store: Store, *names: str, person: str = "p1", **told: str) -> None:
    recipients = [named(store, name) for name in names]
    await people.link(person, recipients, told, owner="brand", actor="key")


def stop(store: Store, reason: Reason = Reason.UNSUBSCRIBED, note: str = "") -> Suppress:
    evidence = {"note": note} if note else {}
    return Suppress(Scope(), reason, Way.AGENT, "api", "agent", store.now(), evidence=evidence)


async def consent(store: Store, name: str) -> None:
    recipient = named(store, name)
    yes = GiveConsent(
        Scope(purpose="marketing", sender="brand"),
        Basis.OPT_IN,
        "page",
        "recipient",
        store.now(),
        recipient.exact,
        direct=True,
        evidence={"ip": "192.0.2.1"},
    )
    await apply(store, recipient, yes)


async def test_a_stop_of_everything_reaches_every_address_of_the_person(store: Store, people: People) -> None:
    await link(people, store, "ann", "bob", "cem")

    applied = await people.suppress(named(store, "bob"), stop(store, note="asked by phone"))

    assert applied.created
    for name in ("ann", "bob", "cem"):
        (entry,) = (await facts(store, name)).suppressions
        assert (entry.scope, entry.reason, entry.id) == (Scope(), Reason.UNSUBSCRIBED, applied.entry.id)
        assert await store.evidence(named(store, name).key, entry.id) == {"note": "asked by phone"}


async def test_an_address_linked_later_gets_what_the_person_stopped(store: Store, people: People) -> None:
    await link(people, store, "ann")
    await people.suppress(named(store, "ann"), stop(store))

    await link(people, store, "ann", "bob")

    assert await reasons(store, "bob") == [Reason.UNSUBSCRIBED]


async def test_what_an_address_stopped_before_it_was_linked_the_person_stopped(
    store: Store, people: People
) -> None:
    await people.suppress(named(store, "ann"), stop(store))

    await link(people, store, "bob", "ann")

    assert await reasons(store, "bob") == [Reason.UNSUBSCRIBED]
    assert len((await facts(store, "ann")).suppressions) == 1


async def test_a_narrower_stop_and_a_pause_stay_with_their_address(store: Store, people: People) -> None:
    await link(people, store, "ann", "bob")
    at = store.now()
    narrow = Suppress(Scope(purpose="marketing"), Reason.UNSUBSCRIBED, Way.LINK, "page", "recipient", at)
    pause = Suppress(
        Scope(), Reason.UNSUBSCRIBED, Way.LINK, "page", "recipient", at, until=at + timedelta(days=30)
    )

    await people.suppress(named(store, "ann"), narrow)
    await people.suppress(named(store, "ann"), pause)

    assert await reasons(store, "bob") == []


async def test_a_repeat_is_newer_than_a_consent_given_in_between_on_every_address(
    store: Store, people: People
) -> None:
    await link(people, store, "ann", "bob")
    await people.suppress(named(store, "ann"), stop(store))
    await consent(store, "bob")
    before = (await facts(store, "bob")).suppressions[0].order

    again = await people.suppress(named(store, "ann"), stop(store))

    assert not again.created
    assert (await facts(store, "bob")).suppressions[0].order != before


async def test_the_same_id_changes_nothing_twice(store: Store, people: People) -> None:
    await link(people, store, "ann", "bob")
    change_id = ChangeId("0123456789abcdef", "-")
    first = await people.suppress(named(store, "ann"), stop(store), change_id)
    versions = [(await facts(store, name)).version for name in ("ann", "bob")]

    again = await people.suppress(named(store, "ann"), stop(store), change_id)

    assert (again.created, again.record_id) == (first.created, first.record_id)
    assert [(await facts(store, name)).version for name in ("ann", "bob")] == versions


async def test_unlinking_erases_nothing_and_ends_what_reached_all(store: Store, people: People) -> None:
    await link(people, store, "ann", "bob", language="de", birth="2001")
    await people.suppress(named(store, "ann"), stop(store, Reason.BLOCKED))

    assert await people.unlink("p1", owner="*", actor="agent") == 2

    for name in ("ann", "bob"):
        known = await facts(store, name)
        assert (known.person, known.language, known.birth_year) == (None, "de", 2001)
        assert [entry.reason for entry in known.suppressions] == [Reason.BLOCKED]
    await people.suppress(named(store, "ann"), stop(store))
    assert await reasons(store, "bob") == [Reason.BLOCKED]


async def test_who_is_not_named_any_more_departs(store: Store, people: People) -> None:
    await link(people, store, "ann", "bob")

    await link(people, store, "bob", "cem")

    persons = [(await facts(store, name)).person for name in ("ann", "bob", "cem")]
    assert persons[0] is None
    assert persons[1] == persons[2] == store.keyring.person("p1").hex()


async def test_nobody_to_unlink(people: People) -> None:
    with pytest.raises(NotFound):
        await people.unlink("nobody", owner="*", actor="agent")


async def test_an_address_stays_with_the_first_who_claimed_it(store: Store, people: People) -> None:
    await link(people, store, "ann", "bob")

    with pytest.raises(Conflict):
        await link(people, store, "cem", "ann", person="p2")

    assert (await facts(store, "ann")).person == store.keyring.person("p1").hex()
    assert (await facts(store, "cem")).person is None


async def test_of_two_who_claim_one_address_at_the_same_time_one_gets_it(
    store: Store, people: People
) -> None:
    answers = await asyncio.gather(
        *(link(people, store, "ann", f"own{n}", person=f"p{n}") for n in range(4)), return_exceptions=True
    )

    conflicts = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(conflicts) == 3
    winner = answers.index(None)
    assert (await facts(store, "ann")).person == store.keyring.person(f"p{winner}").hex()
    for n in range(4):
        person = await people.read(store.keyring.person(f"p{n}"))
        assert (named(store, "ann").key in person.members) == (n == winner)
        assert not person.unfinished


async def test_the_apps_of_another_sender_may_not_change_a_person(store: Store, people: People) -> None:
    await link(people, store, "ann")

    with pytest.raises(NotPermitted):
        await people.link("p1", [named(store, "bob")], {}, owner="other", actor="key")
    with pytest.raises(NotPermitted):
        await people.unlink("p1", owner="other", actor="key")


async def test_what_is_known_of_a_person_is_known_of_every_address(store: Store, people: People) -> None:
    await link(people, store, "ann", birth="2015", language="pt-BR", zone="Europe/Lisbon", country="PT")
    await link(people, store, "ann", "bob", language="pt")

    for name in ("ann", "bob"):
        known = await facts(store, name)
        assert (known.birth_year, known.language, known.zone, known.country) == (
            2015,
            "pt",
            "Europe/Lisbon",
            "PT",
        )
    await link(people, store, "ann", "bob", birth="", language="", zone="", country="")
    assert (await facts(store, "bob")).birth_year is None
    assert (await facts(store, "bob")).language is None


async def test_five_hundred_addresses_are_one_person(store: Store, people: People) -> None:
    names = [f"n{number}" for number in range(500)]
    await link(people, store, *names)

    await people.suppress(named(store, "n7"), stop(store))

    found = await asyncio.gather(*(reasons(store, name) for name in names))
    assert found == [[Reason.UNSUBSCRIBED]] * 500


async def test_an_erasure_leaves_the_hash_and_the_stops(store: Store, people: People) -> None:
    await link(people, store, "ann", "bob", language="de", birth="2001")
    for name in ("ann", "bob"):
        await consent(store, name)
    narrow = Suppress(
        Scope(purpose="marketing"),
        Reason.COMPLAINED,
        Way.PROVIDER,
        "hop",
        "x",
        store.now(),
        evidence={"a": "b"},
    )
    complaint = await apply(store, named(store, "bob"), narrow)

    await people.suppress(named(store, "ann"), stop(store, Reason.ERASED))

    for name in ("ann", "bob"):
        known = await facts(store, name)
        assert known.consents == ()
        assert (known.person, known.language, known.birth_year, known.lifted) == (None, None, None, ())
        assert await store.address(named(store, name).key) is None
        assert known.version
    assert sorted(await reasons(store, "bob")) == [Reason.COMPLAINED, Reason.ERASED]
    assert await store.evidence(named(store, "bob").key, complaint.entry.id) == {}
    person = await people.read(store.keyring.person("p1"))
    assert (person.members, person.sealed_id, person.known.language) == ({}, b"", "")
    records = await store.log.of(named(store, "ann").key)
    assert records[0].kind is RecordKind.ERASED


async def test_the_evidence_of_what_was_lifted_goes_with_an_erasure(store: Store, people: People) -> None:
    ann = named(store, "ann")
    stopped = await people.suppress(ann, stop(store, note="by phone"))
    await apply(store, ann, Lift(stopped.entry.id, "agent", store.now(), evidence={"ticket": "4712"}))
    kept = (await facts(store, "ann")).lifted
    assert [await store.evidence(ann.key, entry_id) for entry_id in kept] == [
        {"note": "by phone"},
        {"ticket": "4712"},
    ]

    await people.suppress(ann, stop(store, Reason.ERASED))

    assert [await store.evidence(ann.key, entry_id) for entry_id in kept] == [{}, {}]


async def test_an_address_linked_to_an_erased_person_is_erased(store: Store, people: People) -> None:
    await link(people, store, "ann")
    await people.suppress(named(store, "ann"), stop(store, Reason.ERASED))
    await consent(store, "bob")

    await link(people, store, "bob", language="de")

    known = await facts(store, "bob")
    assert [entry.reason for entry in known.suppressions] == [Reason.ERASED]
    assert (known.consents, known.person, known.language) == ((), None, None)
    assert await store.address(named(store, "bob").key) is None


async def test_an_address_erased_on_its_own_stops_those_it_is_linked_to_and_erases_none(
    store: Store, people: People
) -> None:
    ann = named(store, "ann")
    await people.suppress(ann, stop(store, Reason.ERASED))
    again = Suppress(Scope(), Reason.ERASED, Way.LINK, "page", "recipient", store.now())
    await people.suppress(ann, again)
    await consent(store, "bob")

    await link(people, store, "ann", "bob")

    known = await facts(store, "bob")
    assert [(entry.reason, entry.scope) for entry in known.suppressions] == [(Reason.UNSUBSCRIBED, Scope())]
    assert known.consents
    assert Reason.ERASED in await reasons(store, "ann")
    assert await store.address(named(store, "ann").key) is None
    assert await people.sweep() == 0


async def test_who_came_back_from_an_erasure_stops_nobody_by_it(store: Store, people: People) -> None:
    await link(people, store, "ann")
    await people.suppress(named(store, "ann"), stop(store, Reason.ERASED))
    key = store.keyring.person("p1")
    await people.come_back(key, Return("key", store.now()))
    told = {entry.id for entry in (await people.read(key)).stops}

    await link(people, store, "ann", "bob")

    assert {entry.id for entry in (await people.read(key)).stops} == told
    assert {entry.id for entry in (await facts(store, "bob")).suppressions} == told


async def test_while_an_erasure_holds_the_address_does_not_come_back(store: Store, people: People) -> None:
    ann = named(store, "ann")
    await people.suppress(ann, stop(store, Reason.ERASED))

    await people.suppress(ann, stop(store))

    assert await store.address(ann.key) is None


async def test_a_return_ends_the_hold_on_required_and_no_more(store: Store, people: People) -> None:
    ann = named(store, "ann")
    await people.suppress(ann, stop(store, Reason.ERASED))

    await apply(store, ann, Return("key", store.now()))

    (entry,) = (await facts(store, "ann")).suppressions
    assert (entry.reason, entry.scope, entry.until) == (Reason.UNSUBSCRIBED, Scope(), None)
    with pytest.raises(NotFound):
        await apply(store, ann, Return("key", store.now()))


async def test_who_returned_may_be_linked_to_the_erased_person_again(store: Store, people: People) -> None:
    ann = named(store, "ann")
    await link(people, store, "ann")
    await people.suppress(ann, stop(store, Reason.ERASED))
    await apply(store, ann, Return("key", store.now()))

    await link(people, store, "ann", "bob")

    for name in ("ann", "bob"):
        assert (await facts(store, name)).person is not None
        assert await reasons(store, name) == [Reason.UNSUBSCRIBED]


async def test_an_address_erased_with_its_person_returns_with_it(store: Store, people: People) -> None:
    await link(people, store, "ann")
    await people.suppress(named(store, "ann"), stop(store, Reason.ERASED))
    await people.come_back(store.keyring.person("p1"), Return("key", store.now()))

    await link(people, store, "ann")

    assert await reasons(store, "ann") == [Reason.UNSUBSCRIBED]
    assert await people.sweep() == 0
