"""Mails that the gateway itself writes to people, on the same road as an app's: permit, next hop, log."""

from channels.email.mail import Mail
from gateway.pipeline import Ask
from gateway.questions import Handed
from gateway.smtp.composing import Composer
from gateway.smtp.copies import Copy, Relay, State
from suppression.store.hand_over import HandOver


class OwnMail:
    """Signs and hands over."""

    def __init__(self, relay: Relay, composer: Composer) -> None:
        self._relay = relay
        self._composer = composer

    async def send(self, ask: Ask, hand_over: HandOver, mail_from: str, raw: bytes) -> Handed:
        """How it fared; `open`: not now."""
        options = () if ask.address.text.isascii() else ("SMTPUTF8",)  # RFC 6531 3.4
        mail = Mail(
            hand_over.message, ask.app.sender, mail_from, self._composer.signed(ask.app, raw), options
        )
        result = await self._relay.hand_over(Copy(ask, hand_over), mail)
        match result.state:
            case State.SENT:
                return Handed("sent", result.decision_id, result.settled_before)
            case State.REJECTED:
                return Handed("rejected", result.decision_id, result.settled_before)
            case State.REFUSED:
                return Handed("refused", result.decision_id)
            case State.OPEN:
                return Handed("open", result.decision_id)
