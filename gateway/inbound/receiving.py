"""One mail for one of our addresses: by the kind of address to whoever deals with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple, TypeVar, assert_never

from channels.email.compose import Original
from channels.email.media_type import media_type
from gateway.inbound.routing import (
    Bounce,
    Destination,
    Feedback,
    Mailbox,
    Routing,
    UnknownMailbox,
    Unsubscribe,
)
from suppression.address import Address
from suppression.errors import CarrierUnavailable, Unavailable


class Answer(NamedTuple):
    """What the mail's sender is told."""

    code: int
    status: str
    text: str


KEPT = timedelta(
    days=14
)  # for which a mail is known again: mail servers repeat what was not answered for five days

TAKEN = Answer(250, "2.0.0", "OK")
STORE_AWAY = Answer(451, "4.4.3", "Cannot store this now, try again later")
CANNOT_PASS_ON = Answer(451, "4.4.1", "Next hop cannot be reached, try again later")
LOOP = Answer(554, "5.4.6", "Too many hops: mail loop")
RELAYING_DENIED = Answer(550, "5.7.1", "Relaying denied")
NO_SUCH_MAILBOX = Answer(550, "5.1.1", "No such mailbox here")


@dataclass(frozen=True)
class Arrived:
    """A complete mail as it came in.

    mail_from  "" for the null sender; as it was said where that is no address
    to         the address as it was said
    raw        CRLF lines, otherwise the bytes that came
    trace      our Received field, for whoever passes it on
    options    SMTPUTF8, BODY=8BITMIME
    """

    mail_from: str
    to: Address
    raw: bytes
    trace: bytes
    options: tuple[str, ...] = ()

    @cached_property
    def original(self) -> Original:
        return Original.parse(self.raw)

    @property
    def is_report(self) -> bool:
        """RFC 6522: a bounce, a complaint, a receipt: written by a program about a mail."""
        return any(
            media_type(value).name == "multipart/report" for value in self.original.header("content-type")
        )

    @property
    def id(self) -> str:
        """The same for the same mail, however often it comes. Not its Message-ID: another mail under that name would
        be told that it is done, and nothing would be.
        """
        return self.original.digest.hex()


D = TypeVar("D")
Handler = Callable[[Arrived, D], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Handlers:
    """By the kind of address. None: such addresses take no mail."""

    unsubscribe: Handler[Unsubscribe]
    bounce: Handler[Bounce]
    feedback: Handler[Feedback] | None = None
    mailbox: Handler[Mailbox] | None = None


class Receiver:
    def __init__(self, routing: Routing, handlers: Handlers) -> None:
        self._routing = routing
        self._handlers = handlers

    def find(self, address: Address) -> Destination | Answer:
        """Where a mail for this address goes; or why it goes nowhere."""
        try:
            found = self._routing.find(address)
        except UnknownMailbox:
            return NO_SUCH_MAILBOX
        if found is None:
            return RELAYING_DENIED
        return NO_SUCH_MAILBOX if self._handler_missing(found) else found

    async def receive(self, arrived: Arrived, to: Destination) -> Answer:
        """250 only once all that the mail shall do is stored. A repeat of the same mail changes nothing more."""
        try:
            return await self._handled(arrived, to)
        except CarrierUnavailable:
            return CANNOT_PASS_ON
        except Unavailable:
            return STORE_AWAY

    def _handler_missing(self, to: Destination) -> bool:
        return (isinstance(to, Feedback) and self._handlers.feedback is None) or (
            isinstance(to, Mailbox) and self._handlers.mailbox is None
        )

    async def _handled(self, arrived: Arrived, to: Destination) -> Answer:
        handlers = self._handlers
        match to:
            case Unsubscribe():
                return await handlers.unsubscribe(arrived, to)
            case Bounce():
                return await handlers.bounce(arrived, to)
            case Feedback():
                return await handlers.feedback(arrived, to) if handlers.feedback else NO_SUCH_MAILBOX
            case Mailbox():
                return await handlers.mailbox(arrived, to) if handlers.mailbox else NO_SUCH_MAILBOX
        assert_never(to)
