"""A Permit: the only thing a Carrier sends on. Only `Store.commit` makes one (enforced by a test)."""

import time
from datetime import datetime

from suppression.address import Address
from suppression.decision import Send
from suppression.limits import Cap
from suppression.model import Recipient

LIFETIME = 5.0  # seconds: no hand-over begins later than this after its commit (promise 2)


class PermitExpired(Exception):
    """Older than LIFETIME: commit anew."""


class PermitUsed(RuntimeError):
    """Redeemed twice: a defect in the program."""


class Permit:
    """One committed decision to send one message to one recipient, once, within LIFETIME of its commit.

    message             id of the message that it is for; a Carrier compares it
    decision_id         id of its log record
    possible_duplicate  an earlier hand-over of this message ended without a known outcome
    caps                those that counted the message
    open_until          end of the hours in which it may arrive, where that is soon; set by who asked for the Permit
    lifetime            seconds; a next hop that is asked over the network gets less of it (DESIGN "Texts")
    """

    __slots__ = (
        "_born",
        "_used",
        "caps",
        "decision",
        "decision_id",
        "lifetime",
        "message",
        "open_until",
        "possible_duplicate",
        "recipient",
    )

    def __init__(
        self,
        decision: Send,
        recipient: Recipient,
        message: str,
        decision_id: str,
        *,
        possible_duplicate: bool = False,
        born: float | None = None,
        caps: tuple[Cap, ...] = (),
        lifetime: float = LIFETIME,
    ) -> None:
        self.decision = decision
        self.recipient = recipient
        self.message = message
        self.decision_id = decision_id
        self.possible_duplicate = possible_duplicate
        self.caps = caps
        self.lifetime = lifetime
        self.open_until: datetime | None = None
        self._born = time.monotonic() if born is None else born  # before the commit was sent: never too late
        self._used = False

    @property
    def address(self) -> Address:
        """Where to: the committed recipient's address, and no other."""
        if self.recipient.address is None:
            raise PermitUsed("a permit without an address cannot be sent on")
        return self.recipient.address

    @property
    def fresh(self) -> bool:
        return time.monotonic() - self._born <= self.lifetime

    def redeem(self) -> Address:
        """Called right before the hand-over begins (SMTP: before DATA). PermitExpired past LIFETIME."""
        if self._used:
            raise PermitUsed(self.decision_id)
        if not self.fresh:
            raise PermitExpired(self.decision_id)
        self._used = True
        return self.address
