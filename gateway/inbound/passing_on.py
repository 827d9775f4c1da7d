"""Mail passed on: a bounce to whoever sent the mail that bounced, mail to an opt-out mailbox to those who read it.

The bytes that came, under our Received field; never signed, as it is not ours; never to an address at which it would
come here again. Each goes once, however often it comes: its marker is made of the mail.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

import structlog

from channels.email.mail import Mail
from gateway.inbound.receiving import CANNOT_PASS_ON, LOOP, TAKEN, Answer, Arrived
from gateway.inbound.routing import Bounce, Mailbox, Routing
from gateway.roads.pipeline import Ask
from suppression.address import Address, parse_email
from suppression.errors import UnusableAddress
from suppression.model import App, Channel
from suppression.purposes import Catalogue
from suppression.store.hand_over import HandOver
from suppression.store.ways_back import WayBack, WaysBack

PURPOSE = "system/dsn"
KEPT = 5 * 86_400.0  # seconds for which a mail that was passed on is known again
MOST_VISITS = 2  # own Received fields: through here on its way out, and once back
REFUSED = Answer(550, "5.7.1", "Not accepted by those who read this mailbox")

_log = structlog.get_logger(__name__)


class Fate(Protocol):
    """How a mail that was handed over fared. `open`: not now."""

    @property
    def state(self) -> Literal["sent", "rejected", "refused", "open"]: ...

    @property
    def decision_id(self) -> str: ...


HandOn = Callable[[Ask, HandOver, Mail], Awaitable[Fate]]
"""Hands a mail over as it is, through the pipeline like any other."""


class PassingOn:
    def __init__(
        self,
        hostname: str,
        hand_on: HandOn,
        catalogue: Callable[[], Catalogue],
        routing: Routing,
        ways_back: WaysBack,
    ) -> None:
        self._own_line = re.compile(rb"\bby\s+" + re.escape(hostname.encode()) + rb"\s", re.IGNORECASE)
        self._hand_on = hand_on
        self._catalogue = catalogue
        self._routing = routing
        self._ways_back = ways_back

    async def bounce(self, arrived: Arrived, to: Bounce) -> Answer:
        """To the app's MAIL FROM, from the null sender (RFC 5321 6.1: nobody hears if that fails in turn).

        StoreUnavailable. 250 also where it leads nowhere any more: then there is nobody to tell.
        """
        way = await self._ways_back.find(to.back.number)
        if way is None:
            _log.info("bounce_way_forgotten", recipient=to.back.recipient.key.hex())
            return TAKEN
        return await self._bounce(arrived, way)

    async def _bounce(self, arrived: Arrived, way: WayBack) -> Answer:
        address = parse_email(way.mail_from)
        if self._routing.is_ours(address):
            _log.warning("bounce_leads_here_again", app=way.app)
            return TAKEN
        answer = await self.on(arrived, address, App(way.app, way.sender), mail_from="")
        return TAKEN if answer.code // 100 == 5 else answer

    async def mailbox(self, arrived: Arrived, to: Mailbox) -> Answer:
        """To those who read it, from whom it came, as an alias does: a failure there is reported to its author."""
        app = App(to.sender, to.sender)
        return await self.on(arrived, to.deliver_to, app, _envelope_sender(arrived))

    async def on(self, arrived: Arrived, to: Address, app: App, mail_from: str) -> Answer:
        """To any address that is not one of ours; in the name of `app`. 250: the next hop has it."""
        if self._visits(arrived) > MOST_VISITS or self._routing.is_ours(to):
            _log.warning("mail_loop", app=app.name)
            return LOOP
        mail = Mail(_hash(arrived)[:24], app.sender, mail_from, arrived.trace + arrived.raw, arrived.options)
        hand_over = HandOver(_hash(arrived, "on", to.exact), mail.id, kept=KEPT)
        purpose = self._catalogue().find(PURPOSE)
        ask = Ask(app, Channel.EMAIL, purpose, to, system=True)
        fate = await self._hand_on(ask, hand_over, mail)
        if fate.state == "open":
            return CANNOT_PASS_ON
        if fate.state != "sent":
            _log.warning("mail_not_passed_on", app=app.name, state=fate.state, decision=fate.decision_id)
            return REFUSED
        return TAKEN

    def _visits(self, arrived: Arrived) -> int:
        return sum(bool(self._own_line.search(value)) for value in arrived.original.header("received"))


def _envelope_sender(arrived: Arrived) -> str:
    """What the next hop can be given for it: null where it was no address."""
    try:
        return parse_email(arrived.mail_from).text
    except UnusableAddress:
        return ""


def _hash(arrived: Arrived, *parts: str) -> str:
    told_by = (arrived.original.digest.hex(), arrived.to.exact, *parts)
    return hashlib.sha256("|".join(told_by).encode()).hexdigest()
