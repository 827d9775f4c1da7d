"""Mails that no app handed in, on the same road as an app's: permit, next hop, log. Those that the gateway writes
itself, signed; and those that it passes on, as they are.
"""

from channels.email.mail import Mail
from gateway.confirmations.questions import Handed
from gateway.roads.pipeline import Ask
from gateway.smtp import replies
from gateway.smtp.composing import Composer
from gateway.smtp.copies import Copy, Relay, Result, State
from suppression.errors import StoreUnavailable
from suppression.store.hand_over import HandOver


class OwnMail:
    """Hands over."""

    def __init__(self, relay: Relay, composer: Composer) -> None:
        self._relay = relay
        self._composer = composer

    async def send(self, ask: Ask, hand_over: HandOver, mail_from: str, raw: bytes) -> Handed:
        """Sign a mail of ours, and hand it over. How it fared; `open`: not now."""
        options = () if ask.address.text.isascii() else ("SMTPUTF8",)  # RFC 6531 3.4
        mail = Mail(
            hand_over.message, ask.app.sender, mail_from, self._composer.signed(ask.app, raw), options
        )
        return self._fate(await self._relay.hand_over(Copy(ask, hand_over), mail))

    async def hand_on(self, ask: Ask, hand_over: HandOver, mail: Mail) -> Handed:
        """Hand over what others wrote, without our signature. StoreUnavailable where that is why it is open."""
        result = await self._relay.hand_over(Copy(ask, hand_over), mail)
        if result.reply is replies.STORE_AWAY:
            raise StoreUnavailable("a mail to be passed on was not decided")
        return self._fate(result)

    def _fate(self, result: Result) -> Handed:
        match result.state:
            case State.SENT:
                return Handed("sent", result.decision_id, result.settled_before)
            case State.REJECTED:
                return Handed("rejected", result.decision_id, result.settled_before)
            case State.REFUSED:
                return Handed("refused", result.decision_id)
            case State.OPEN:
                return Handed("open", result.decision_id)
