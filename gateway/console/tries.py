"""How often signing in may be tried, so that nobody guesses his way in and nobody can shut an agent out.

Passwords: each place (a client's address) has a few tries at a name, then it waits, longer each time. Whoever comes
from elsewhere is not touched by that. All places together have a larger number of tries at a name, then one at a time;
of these are spared the places from which its agent has signed in within the last month, so that guessing from very many
places shuts nobody out who comes from where he usually is.

Codes are asked of who gave the right password. They are few enough to be guessed from many places, so there a name
waits as a whole, but again for the places that are known.

Of a name that no agent has the same is counted, by the same questions to the store.
"""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request

from gateway.console.clients import Network, client_of, limited_as
from gateway.state.rate_limits import Known, LockOut, TokenBucket
from suppression.store.client import Lane


@dataclass(frozen=True, slots=True)
class Tries:
    """The console's.

    clients   by place
    accounts  passwords, by name and place;  names: by name alone, from places that are not known
    codes     by name alone, or by name and place from those that are
    places    names and places that go together
    free_loopback  dev only
    """

    clients: TokenBucket
    accounts: LockOut
    names: TokenBucket
    codes: LockOut
    places: Known
    free_loopback: bool = False

    @classmethod
    def counted_in(cls, lane: Lane, *, free_loopback: bool = False) -> "Tries":
        return cls(
            clients=TokenBucket(lane, "clients", most=20, between=timedelta(seconds=6)),
            accounts=LockOut(lane, "accounts"),
            names=TokenBucket(lane, "names", most=100, between=timedelta(seconds=10)),
            codes=LockOut(lane, "codes"),
            places=Known(lane, "places"),
            free_loopback=free_loopback,
        )

    def place(self, request: Request, proxies: tuple[Network, ...]) -> str:
        """From where somebody tries; nothing for one that is not limited."""
        client = client_of(request, proxies)
        return "" if self.free_loopback and client.is_loopback else limited_as(client)

    async def of_client(self, place: str) -> timedelta | None:
        """None: go on. Otherwise how long to wait; so with all of these."""
        return await self.clients.take(place) if place else None

    async def of_password(self, name: str, place: str) -> timedelta | None:
        if not place:
            return None
        if wait := await self.of_client(place) or await self.accounts.attempt(_both(name, place)):
            return wait
        return None if await self.places.is_known(_both(name, place)) else await self.names.take(name)

    async def of_code(self, name: str, place: str) -> timedelta | None:
        if not place:
            return None
        if wait := await self.of_client(place):
            return wait
        known = await self.places.is_known(_both(name, place))
        return await self.codes.attempt(_both(name, place) if known else name)

    async def forget(self, name: str, place: str) -> None:
        """He proved once more who he is."""
        for tried in (self.accounts, self.codes):
            await tried.clear(_both(name, place))
        await self.codes.clear(name)

    async def arrived(self, name: str, place: str) -> None:
        """He is in."""
        await self.forget(name, place)
        if place:
            await self.places.remember(_both(name, place))


def _both(name: str, place: str) -> str:
    return f"{name}\n{place}"
