"""Where an app wants its events, and which: settings, checked. And the types that there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


class EventType(StrEnum):
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    DELIVERED = "delivered"
    FAILED = "failed"
    CONSENTED = "consented"
    WITHDRAWN = "withdrawn"
    ERASURE_REQUESTED = "erasure_requested"
    CHANGE_REQUESTED = "change_requested"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One app's.

    url      may hold a token of the app's
    secrets  keys that sign: the current one, and the one before it while it is being rotated out
    """

    app: str
    sender: str
    url: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    events: frozenset[EventType] = frozenset(EventType)


@dataclass(frozen=True, slots=True)
class Webhooks:
    """All of them, by app. `allow_networks`: of ours, in which receivers may be.

    most_waiting  events of one app; of more the oldest are dropped
    """

    of_app: Mapping[str, Subscription] = field(default_factory=dict)
    allow_networks: tuple[Network, ...] = ()
    most_waiting: int = 100_000
