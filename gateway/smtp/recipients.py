"""RCPT: whether a recipient may join the envelope. It only peeks; what may go is decided again after DATA."""

from typing import Protocol

from gateway.roads.pipeline import Ask, Refused
from gateway.smtp import replies
from gateway.smtp.limits import Limits
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope
from suppression.address import Address
from suppression.errors import StoreUnavailable
from suppression.model import App, Channel


class Peek(Protocol):
    """The pipeline, as far as RCPT needs it."""

    async def peek(self, ask: Ask) -> Refused | None: ...


class Recipients:
    def __init__(self, pipeline: Peek, limits: Limits) -> None:
        self._pipeline = pipeline
        self._limits = limits

    async def offer(self, app: App, envelope: Envelope, address: Address) -> Reply:
        if envelope.accepted >= self._limits.recipients or self._too_much(envelope):
            return replies.TOO_MANY_RECIPIENTS
        if (
            address.exact in envelope.recipients or address.exact in envelope.discarded
        ):  # equal addresses get one copy
            envelope.accepted += 1
            return replies.RECIPIENT_OK
        if envelope.sender is None and envelope.filled:
            return replies.ONE_RECIPIENT
        refused = await self._peek(app, envelope, address)
        if isinstance(refused, Reply):
            return refused
        if refused is None:
            envelope.recipients[address.exact] = address
        elif discards(app) and not refused.waitable:
            envelope.discarded[address.exact] = refused.decision_id
        else:
            return refusal(refused)
        envelope.accepted += 1
        return replies.RECIPIENT_OK

    async def _peek(self, app: App, envelope: Envelope, address: Address) -> Refused | Reply | None:
        """None also where only the header can tell: the purpose, or a legal notice's reference."""
        purpose = envelope.purpose
        if purpose is None or purpose.legal_notice:
            return None
        ask = Ask(app, Channel.EMAIL, purpose, address, system=envelope.sender is None)
        try:
            return await self._pipeline.peek(ask)
        except StoreUnavailable:
            return replies.STORE_AWAY

    def _too_much(self, envelope: Envelope) -> bool:
        """By the declared size: all copies together."""
        return envelope.size * (len(envelope.recipients) + 1) > self._limits.copies_bytes


def discards(app: App) -> bool:
    """Whether this app is told that a copy was taken which a rule refuses; its webhook tells it the truth."""
    return app.on_refusal == "discard"


def refusal(refused: Refused) -> Reply:
    """A deferral that opens within 4 h: try again; anything else: no."""
    say = replies.deferred if refused.waitable else replies.refused
    return say(refused.decision.reason.value, refused.decision_id)
