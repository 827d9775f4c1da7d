"""Agents: added once, changed by field, read whole; passwords are slow for everybody, and never too many at once."""

import asyncio

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from gateway.state import passwords
from gateway.state.agents import Agents, Role
from gateway.state.passwords import Busy, Passwords
from suppression.errors import Conflict, InvalidInput, NotFound, StoreUnavailable
from suppression.store.store import Store

CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
PASSWORD = "correct horse battery"


@pytest.fixture
def agents(store: Store) -> Agents:
    return Agents(store.client.stops, Passwords(CHEAP))


async def test_an_agent_is_added_once_however_many_try(agents: Agents) -> None:
    tries = (agents.add("kim", Role.AGENT, f"Kim {at}") for at in range(5))
    made = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in made) == 4
    assert [agent.name for agent in await agents.list()] == ["kim"]


async def test_a_made_password_is_right_and_others_are_not(agents: Agents) -> None:
    password = await agents.add("kim", Role.AGENT)
    kim = await agents.one("kim")
    assert await agents.right(kim, password)
    assert not await agents.right(kim, password + " ")
    assert not await agents.right(None, password)
    assert password not in repr(kim)
    assert "argon2" not in repr(kim)


async def test_who_has_no_password_has_no_right_one(agents: Agents) -> None:
    kim = await agents.admit("kim", Role.AGENT, "Kim")
    assert not await agents.right(kim, "")


async def test_a_role_that_the_provider_says_anew_is_taken(agents: Agents) -> None:
    first = await agents.admit("kim", Role.AGENT, "Kim")
    assert await agents.admit("kim", Role.AGENT, "Kim") == first
    second = await agents.admit("kim", Role.ADMIN, "Kim")
    assert second.role is Role.ADMIN
    assert second.generation != first.generation


async def test_the_same_characters_in_two_forms_are_one_password(agents: Agents) -> None:
    await agents.add("kim", Role.AGENT, password="Käsebrot mit Gurke")
    assert await agents.right(await agents.one("kim"), "Ka\u0308sebrot mit Gurke")


async def test_changes_of_two_admins_at_once_both_hold(agents: Agents) -> None:
    await agents.add("kim", Role.AGENT)
    await asyncio.gather(
        agents.disable("kim"),
        agents.change_role("kim", Role.AUDITOR),
        agents.change_password("kim", PASSWORD),
    )
    kim = await agents.one("kim")
    assert (kim.disabled, kim.role) == (True, Role.AUDITOR)
    assert not await agents.right(kim, PASSWORD), "disabled"


@pytest.mark.parametrize("name", ["", "a b", "Kim", "../x", "x" * 65, "a@example.com", "kim\n"])
async def test_names_are_plain(agents: Agents, name: str) -> None:
    with pytest.raises(InvalidInput):
        await agents.add(name, Role.AGENT)
    assert await agents.find(name) is None
    with pytest.raises(NotFound):
        await agents.disable(name)


async def test_what_cannot_be_read_is_unavailable_not_nobody(agents: Agents, store: Store) -> None:
    await agents.add("kim", Role.AGENT)
    await store.client.stops.execute("HSET", "{console}agent:kim", "role", "god")
    with pytest.raises(StoreUnavailable):
        await agents.find("kim")


async def test_more_guesses_than_there_is_room_for_are_turned_away_unseen() -> None:
    room = Passwords(PasswordHash((Argon2Hasher(time_cost=2, memory_cost=1024, parallelism=1),)))
    known = await room.hash(PASSWORD)
    guesses = (room.verify("guess", known) for _ in range(60))
    ends = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(end, Busy) for end in ends) >= 40
    assert ends.count(False) >= 1
    assert await room.verify(PASSWORD, known)


def test_made_passwords_are_as_good_as_chosen_ones_must_be() -> None:
    made = {passwords.made() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        passwords.check(password, "somebody-else")
