"""What the console needs of the rest: wiring fills it, tests fill it otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network

from gateway.console.apps.set_up import SetUp
from gateway.console.overview.watching import Watching
from gateway.console.provider import Provider
from gateway.console.tries import Tries
from gateway.http.doors import Doors
from gateway.state.agents import Agents
from gateway.state.second_factor import SecondFactor
from gateway.state.sessions import Sessions
from suppression.store.sealed import Sealer


@dataclass(frozen=True, slots=True)
class Console:
    """What wiring hands to `gateway.console.app.routes`.

    doors      readers and changes, as the API has them
    tries      how often signing in may be tried
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
    tries: Tries
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
