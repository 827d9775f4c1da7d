"""The vocabulary of what became of a mail, whoever tells it, and what a provider's reader takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from channels.email.inbound import bounce_codes
from channels.email.inbound.bounce_codes import LEAST_FIRST, Action, Kind
from suppression.errors import InvalidInput, NotPermitted

FEEDBACK_ID = "cfbl-feedback-id"  # RFC 9477: our token, where a provider gives back header fields or metadata


class EventKind(StrEnum):
    """What became of a mail.

    address_fault  there is no such mailbox, for good: suppresses the address
    soft           failed, and another mail may arrive: N of them in a window suppress the address
    sender_fault   policy, authentication, content, rate: never suppresses, somebody must look
    unexplained    failed without a reason that counts, or on the way there
    delayed        still being tried
    delivered      the server took it
    complaint      the recipient called it spam
    unsubscribed   the recipient told the provider to stop
    """

    ADDRESS_FAULT = "address_fault"
    SOFT = "soft"
    SENDER_FAULT = "sender_fault"
    UNEXPLAINED = "unexplained"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"

    @classmethod
    def of(cls, kind: Kind) -> "EventKind":
        """What a bounce of this kind is."""
        return _OF_BOUNCE[kind]


_OF_BOUNCE = {
    Kind.ADDRESS: EventKind.ADDRESS_FAULT,
    Kind.MAILBOX_FULL: EventKind.SOFT,
    Kind.TEMPORARY: EventKind.SOFT,
    Kind.SENDER: EventKind.SENDER_FAULT,
    Kind.NETWORK: EventKind.UNEXPLAINED,
    Kind.UNKNOWN: EventKind.UNEXPLAINED,
    Kind.DELAYED: EventKind.DELAYED,
    Kind.DELIVERED: EventKind.DELIVERED,
}


def kind_of_failure(status: str, said: str, provider: Kind) -> EventKind:
    """Of what the provider makes of it and what the server said, whichever suppresses less.

    A server that said nothing (or nothing that is known here) leaves it to the provider.
    """
    told = bounce_codes.kind_of(Action.FAILED, status, said)
    if told is Kind.UNKNOWN:
        return EventKind.of(provider)
    if provider is Kind.UNKNOWN:
        # Nobody but the server spoke: its word counts as it does in a bounce.
        return EventKind.of(told)
    return EventKind.of(min(told, provider, key=LEAST_FIRST.index))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that became of one mail for one recipient.

    address     the recipient as the provider names it; "" where it does not
    id          the same however often it is told
    code        the provider's own words for it, joined by "/"
    status      class.subject.detail, "" without one; `reply`: SMTP code
    message_id  Message-ID as the mail had it when it left here, without brackets; "" where the provider has its own
    mail        the provider's own id of the mail
    token       our feedback id, "" where the provider does not give it back: nothing that anybody has checked
    said        what the server said: evidence, never logged (addresses are in it)
    """

    kind: EventKind
    address: str = field(repr=False)
    id: str
    code: str
    status: str = ""
    reply: int | None = None
    message_id: str = ""
    mail: str = ""
    token: str = field(default="", repr=False)
    at: datetime | None = None
    said: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request as it came. `headers`: names in lower case; `now`: the real time, not the sandbox's."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    now: datetime

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Once:
    """What may be said with one body only: `key` came with `body` (a hash), and never comes with another."""

    key: str
    body: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook says. `once`: where the signature does not cover the body, that is to be remembered first."""

    events: tuple[Event, ...] = ()
    once: Once | None = None


class NotSigned(NotPermitted):
    """Not said by the provider, as far as anybody can tell. Its text is for our log."""


class Unauthenticated(NotSigned):
    """No credentials at all, or wrong ones: the caller may try others."""


class Malformed(InvalidInput):
    """Said by the provider, and not to be understood."""

    peer_text = "no events of this provider"


class Provider(Protocol):
    """Reads one provider's webhooks."""

    @property
    def name(self) -> str: ...

    @property
    def largest(self) -> int:
        """Bytes of a body that are read."""
        ...

    async def read(self, webhook: Webhook) -> Told:
        """NotSigned, Malformed, Unavailable."""
        ...
