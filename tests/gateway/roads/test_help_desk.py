"""What support does for one recipient, on a real store: linked addresses, and complaints that are taken back."""

import asyncio
from pathlib import Path

import pytest

from gateway.roads.help_desk import HelpDesk
from suppression.decision import Reason
from suppression.errors import Conflict, InvalidToken, NotFound
from suppression.model import Channel, Scope, Suppression, Way
from suppression.store.store import Store
from tests.gateway.http.world import RealWorld, real_world

ANN, PHONE, OTHER = "ann@example.net", "+12025550143", "a.nother@example.net"


@pytest.fixture
async def real(store: Store, tmp_path: Path) -> RealWorld:
    return await real_world(store, tmp_path)


def desk(real: RealWorld) -> HelpDesk:
    assert real.doors.help_desk is not None
    return real.doors.help_desk


async def complained(real: RealWorld) -> str:
    applied = await real.doors.changes.suppress(
        real.recipient(ANN),
        Scope(frozenset({Channel.EMAIL})),
        reason=Reason.COMPLAINED,
        way=Way.PROVIDER,
        source="fbl",
        actor="provider",
    )
    return applied.handle


async def test_two_agents_who_link_at_once_lose_nobodys_address(real: RealWorld) -> None:
    await asyncio.gather(
        *(desk(real).join("4711", [real.recipient(one)], actor="agent:x") for one in (ANN, PHONE, OTHER))
    )
    dossier = await desk(real).dossier(real.recipient(ANN))
    assert dossier.person is not None
    assert dossier.person.id == "4711"
    assert {known.text for _, known in dossier.beside if known} == {PHONE, OTHER}


async def test_one_address_is_taken_from_a_person_and_the_others_stay(real: RealWorld) -> None:
    await desk(real).join("4711", [real.recipient(ANN), real.recipient(PHONE)], actor="agent:x")
    await desk(real).part(real.recipient(PHONE), actor="agent:x")
    assert (await real.facts(PHONE)).person is None
    assert (await real.facts(ANN)).person is not None
    with pytest.raises(NotFound):
        await desk(real).part(real.recipient(PHONE), actor="agent:x")


async def test_an_address_of_another_person_stays_with_the_first(real: RealWorld) -> None:
    await desk(real).join("4711", [real.recipient(ANN)], actor="agent:x")
    with pytest.raises(Conflict):
        await desk(real).join("4712", [real.recipient(ANN)], actor="agent:y")


async def test_who_joins_gets_the_persons_stop_of_everything(real: RealWorld) -> None:
    await desk(real).join("4711", [real.recipient(ANN)], actor="agent:x")
    await real.doors.changes.suppress(
        real.recipient(ANN), Scope(), reason=Reason.UNSUBSCRIBED, way=Way.AGENT, source="console", actor="x"
    )
    await desk(real).join("4711", [real.recipient(PHONE)], actor="agent:x")
    assert [stop.scope for stop in await real.stops(PHONE)] == [Scope()]


async def test_a_complaint_is_lifted_only_by_who_says_that_it_is_one(real: RealWorld) -> None:
    handle = await complained(real)
    with pytest.raises(Conflict):
        await real.doors.changes.lift(handle, actor="agent:x", reason="asked", evidence={"letter": "12"})
    lifted = await desk(real).lift_complaint(
        handle, actor="agent:s", reason="asked", evidence={"letter": "12"}
    )
    assert isinstance(lifted.entry, Suppression)
    assert await real.stops(ANN) == ()


async def test_no_key_lifts_a_complaint(real: RealWorld) -> None:
    handle = await complained(real)
    for key in ("agent", "all"):
        body = {"reason": "asked", "evidence": {"letter": "12"}}
        assert (await real.post(f"/v1/suppressions/{handle}/lift", body, key)).status_code == 409
        more = body | {"complaint": True}
        assert (await real.post(f"/v1/suppressions/{handle}/lift", more, key)).status_code == 422
    assert len(await real.stops(ANN)) == 1


async def test_an_undo_never_takes_away_what_another_says_at_the_same_time(real: RealWorld) -> None:
    """Of everything, at two addresses of one person: whoever is first, the second's stop stands at all of them."""
    both = [real.recipient(ANN), real.recipient(PHONE)]
    await desk(real).join("4711", both, actor="agent:x")

    async def stop(at: int) -> Suppression:
        applied = await real.doors.changes.suppress(
            both[at],
            Scope(),
            reason=Reason.UNSUBSCRIBED,
            way=Way.AGENT,
            source="console",
            actor=f"agent:{at}",
        )
        assert isinstance(applied.entry, Suppression)
        return applied.entry

    for _ in range(10):
        made = await stop(0)
        undone, _ = await asyncio.gather(
            desk(real).unsay(both[0], made, actor="agent:0"), stop(1), return_exceptions=True
        )
        assert undone is None or isinstance(undone, NotFound)
        for address in (ANN, PHONE):
            assert [one.scope for one in await real.stops(address)] == [Scope()], undone


async def test_an_erasure_is_lifted_by_nobody(real: RealWorld) -> None:
    assert real.doors.subjects is not None
    erased = await real.doors.subjects.erase(
        real.recipient(ANN), way=Way.AGENT, source="console", actor="agent:x"
    )
    with pytest.raises(Conflict):
        await desk(real).lift_complaint(erased.handle, actor="agent:s", reason="?", evidence={})


async def test_any_token_of_ours_tells_whose_it_is(real: RealWorld) -> None:
    ann = real.recipient(ANN)
    assert desk(real).whose(real.token(ANN)).key == ann.key
    mailto = real.links.mailto(ann, purpose="marketing/promotions", sender="shop", app="demo")
    for local in (mailto.partition("@")[0], mailto.partition("@")[0].upper()):
        assert desk(real).whose(local).key == ann.key
    with pytest.raises(InvalidToken):
        desk(real).whose("x" * 54)
