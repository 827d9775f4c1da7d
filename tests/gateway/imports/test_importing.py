"""A list from its being brought to its being taken back, on a real store."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.duties.importing import import_forever
from gateway.imports.importing import label
from gateway.imports.rejects import harmless
from gateway.state.imports import Lost, State
from suppression.changes import Suppress
from suppression.decision import Reason
from suppression.errors import Conflict, InvalidInput
from suppression.model import Channel, Scope, Way
from suppression.records import RecordKind
from suppression.store.apply import apply
from suppression.store.people import People
from tests.gateway.imports.conftest import Lists

Many = Callable[[int], str]
MAIL = frozenset({Channel.EMAIL})


async def reasons(lists: Lists, address: str) -> list[str]:
    facts = await lists.store.facts(lists.recipient(address))
    return sorted(entry.reason.value for entry in facts.suppressions)


async def test_a_list_becomes_stops_that_name_it_and_who_brought_it(lists: Lists) -> None:
    one = await lists.run(
        "address,purpose,note\nann@example.net,marketing,asked us\n+12025550143,,\nnobody,,\n"
    )
    assert (one.state, one.rows, one.changed, one.known, one.rejected) == (State.DONE, 3, 2, 0, 1)
    assert (one.format, one.per_cent) == ("plain", 100)
    ann = lists.recipient("ann@example.net")
    (entry,) = (await lists.store.facts(ann)).suppressions
    assert (entry.way, entry.source, entry.actor, entry.batch) == (Way.IMPORT, "old shop", "key:1", one.id)
    assert await lists.store.evidence(ann.key, entry.id) == {"note": "asked us"}
    assert await lists.store.address(ann.key) == ann.address


async def test_the_file_is_gone_when_it_was_read(lists: Lists, many: Many) -> None:
    await lists.run(many(3))
    assert list(lists.spool.iterdir()) == []


async def test_the_same_list_twice_is_the_same_import_and_has_no_second_effect(
    lists: Lists, many: Many
) -> None:
    first = await lists.run(many(50))
    facts = await lists.store.facts(lists.recipient("r7@example.net"))
    again = await lists.run(many(50))
    assert again == first
    assert await lists.store.facts(lists.recipient("r7@example.net")) == facts


async def test_a_row_that_is_in_the_list_twice_is_known_the_second_time(lists: Lists) -> None:
    one = await lists.run("address\nann@example.net\nAnn@Example.net\n")
    assert (one.changed, one.known) == (1, 1)


async def test_a_dry_run_tells_and_changes_nothing(lists: Lists) -> None:
    stop = Suppress(Scope(MAIL), Reason.UNSUBSCRIBED, Way.LINK, "link", "recipient", lists.store.now())
    await apply(lists.store, lists.recipient("ann@example.net"), stop)
    text = "address,channels,purpose\nann@example.net,email,marketing\nbob@example.net,email,\nnobody,,\n"
    one = await lists.run(text, dry_run=True)
    assert (one.state, one.rows, one.changed, one.known, one.rejected) == (State.TRIED, 3, 1, 1, 1)
    assert await reasons(lists, "bob@example.net") == []
    assert '4,"not a phone number, or one with letters or an extension","nobody,,"' in await lists.rejects(
        one
    )


async def test_a_wider_or_passing_stop_that_is_known_does_not_make_a_row_known_that_says_more(
    lists: Lists,
) -> None:
    stop = Suppress(
        Scope(MAIL, "marketing"), Reason.UNSUBSCRIBED, Way.LINK, "link", "recipient", lists.store.now()
    )
    await apply(lists.store, lists.recipient("ann@example.net"), stop)
    one = await lists.run("address\nann@example.net\n", dry_run=True)
    assert (one.changed, one.known) == (1, 0)


async def test_a_list_that_was_tried_can_be_started(lists: Lists, many: Many) -> None:
    tried = await lists.run(many(5), dry_run=True)
    one = await lists.importing.start(tried.id, "agent:eve")
    await lists.importing.work()
    done = await lists.importing.imports.find(one.id)
    assert (done.state, done.changed, done.actor) == (State.DONE, 5, "agent:eve")
    with pytest.raises(Conflict):
        await lists.importing.start(done.id, "agent:eve")


async def test_undoing_ends_the_lists_entries_and_nothing_else_that_was_said(
    lists: Lists, many: Many
) -> None:
    ann = lists.recipient("r1@example.net")
    stop = Suppress(Scope(MAIL), Reason.COMPLAINED, Way.PROVIDER, "ses", "ses", lists.store.now())
    await apply(lists.store, ann, stop)
    one = await lists.undone(await lists.run(many(300)))
    assert (one.state, one.undone) == (State.UNDONE, 300)
    assert await reasons(lists, "r1@example.net") == ["complained"]
    assert await reasons(lists, "r2@example.net") == []
    last = (await lists.store.log.of(ann.key))[0]
    assert (last.kind, last.actor) == (RecordKind.LIFTED, "agent:eve")


async def test_undoing_ends_complaints_too_which_nobody_else_may_lift(lists: Lists) -> None:
    one = await lists.run("address,reason\nann@example.net,complained\n")
    assert await reasons(lists, "ann@example.net") == ["complained"]
    await lists.undone(one)
    assert await reasons(lists, "ann@example.net") == []


async def test_a_list_that_was_undone_can_be_brought_again(lists: Lists, many: Many) -> None:
    first = await lists.undone(await lists.run(many(3)))
    again = await lists.run(many(3))
    assert again.id != first.id
    assert again.changed == 3


async def test_undoing_twice_is_undoing_once(lists: Lists, many: Many) -> None:
    one = await lists.undone(await lists.run(many(3)))
    assert await lists.undone(one) == one


async def test_what_still_runs_or_was_only_tried_cannot_be_undone(lists: Lists, many: Many) -> None:
    tried = await lists.run(many(3), dry_run=True)
    for one in (tried, await lists.bring(many(3))):
        with pytest.raises(Conflict):
            await lists.importing.undo(one.id, "agent:eve")


async def test_a_stop_of_everything_reaches_all_addresses_of_a_person_and_is_undone_with_them(
    lists: Lists,
) -> None:
    addresses = ("ann@example.net", "+12025550143")
    people = People(lists.store)
    person = await people.link("17", [lists.recipient(a) for a in addresses], {}, owner="*", actor="test")
    one = await lists.run("address\nann@example.net\n")
    assert one.changed == 1
    assert [await reasons(lists, a) for a in addresses] == [["unsubscribed"], ["unsubscribed"]]
    await lists.undone(one)
    assert [await reasons(lists, a) for a in addresses] == [[], []]
    assert (await people.read(person.key)).stops == ()


async def test_of_somebody_erased_nothing_comes_back_but_the_stop(lists: Lists) -> None:
    ann = lists.recipient("ann@example.net")
    erasure = Suppress(Scope(), Reason.ERASED, Way.AGENT, "test", "test", lists.store.now())
    await People(lists.store).suppress(ann, erasure)
    one = await lists.run("address,purpose\nann@example.net,marketing\n")
    assert one.changed == 1
    assert await reasons(lists, "ann@example.net") == ["erased", "unsubscribed"]
    assert await lists.store.address(ann.key) is None


async def test_rejects_are_sealed_in_the_store_and_given_back_as_a_table_without_formulas(
    lists: Lists,
) -> None:
    one = await lists.run("address,note\n=cmd|'/C calc'!A0,x\n+4x,y\nbob@secret\x07.example,z\n")
    table = await lists.rejects(one)
    assert table.splitlines()[0] == "line,reason,row"
    assert "\"'=cmd|'/C calc'!A0,x\"" in table
    assert '"\'+4x,y"' in table
    (kept, *_) = await lists.importing.imports.rejects(one.id, 0, 1)
    assert b"cmd" not in kept


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_a_spreadsheet_would_run_has_an_apostrophe_before_it(cell: str) -> None:
    assert harmless(cell) == "'" + cell
    assert harmless("ann@example.net") == "ann@example.net"


@pytest.mark.parametrize("text", ["", "x" * 65, "a|b", "a\nb"])
def test_a_label_is_kept_as_it_is_written_or_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        label(text)


async def test_a_file_that_cannot_be_read_fails_with_the_reason(lists: Lists) -> None:
    one = await lists.run("shoe size\n42\n")
    assert one.state is State.FAILED
    assert one.fault == "no heading that is understood: `address`, or that of a provider's export"
    assert list(lists.spool.iterdir()) == []


async def test_a_list_whose_file_is_gone_is_interrupted_and_goes_on_when_it_is_brought_again(
    lists: Lists, many: Many
) -> None:
    one = await lists.bring(many(10))
    for path in lists.spool.iterdir():
        path.unlink()
    await lists.importing.work()
    assert (await lists.importing.imports.find(one.id)).state is State.INTERRUPTED
    again = await lists.run(many(10))
    assert (again.id, again.state, again.changed) == (one.id, State.DONE, 10)


async def test_two_workers_do_not_work_at_one_list_at_once(lists: Lists, many: Many) -> None:
    await lists.bring(many(2000))
    done = await asyncio.gather(lists.importing.work(), lists.another().work())
    assert sorted(done) == [0, 1]


async def test_an_owner_that_lost_its_lease_writes_nothing_more(lists: Lists, many: Many) -> None:
    one = await lists.bring(many(2000))
    await lists.importing.imports.lease(one.id, "a")
    await lists.importing.imports.take(one.id, "b")
    with pytest.raises(Lost):
        await lists.importing.imports.step(one.id, "a", {"rows": 5})


async def test_the_duty_takes_up_what_is_brought(lists: Lists, many: Many) -> None:
    duty = asyncio.create_task(import_forever(lists.importing, pause=60))
    try:
        one = await lists.bring(many(20))
        async with asyncio.timeout(20):
            while not one.ended:
                one = await lists.importing.imports.find(one.id)
    finally:
        duty.cancel()
        await asyncio.gather(duty, return_exceptions=True)
    assert (one.state, one.changed) == (State.DONE, 20)


async def test_the_latest_are_listed_newest_first(lists: Lists, many: Many) -> None:
    made = [await lists.bring(many(count)) for count in (1, 2)]
    listed = await lists.importing.imports.latest()
    assert {one.id for one in listed} == {one.id for one in made}
