"""What the console needs of the rest: wiring fills it, tests fill it otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network

from gateway.console.apps.set_up import SetUp
from gateway.console.overview.watching import Watching
from gateway.console.provider import Provider
from gateway.http.doors import Doors
from gateway.state.agents import Agents
from gateway.state.rate_limits import LockOut, TokenBucket
from gateway.state.second_factor import SecondFactor
from gateway.state.sessions import Sessions
from suppression.store.sealed import Sealer


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """`accounts`: by the name that was typed; `clients`: by address. `free_loopback`: dev only."""

    accounts: LockOut
    clients: TokenBucket
    free_loopback: bool = False


@dataclass(frozen=True, slots=True)
class Console:
    """What wiring hands to `gateway.console.app.routes`.

    doors      readers and changes, as the API has them
    origin     where browsers find it: "https://console.example.com"
    sealer     seals what is typed, while it waits for a sign-in
    without_codes  agents that need no one-time codes (dev's own)
    provider   the company's own sign-in, where there is one
    proxies    whose X-Forwarded-For is believed
    watching   what the overview looks at; None: there is none
    set_up     how apps and senders are; None: there is no page of them
    """

    doors: Doors
    agents: Agents
    sessions: Sessions
    second_factor: SecondFactor
    limits: SignInLimits
    sealer: Sealer = field(repr=False)
    origin: str = ""
    without_codes: frozenset[str] = frozenset()
    provider: Provider | None = None
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    watching: Watching | None = None
    set_up: SetUp | None = None

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https:")

    @property
    def clock(self) -> Callable[[], datetime]:
        """The gateway's, as decisions have it."""
        return self.doors.clock
