"""The port for apps: their connections and deliveries."""

import ssl
from collections.abc import Callable

from gateway.smtp import auth
from gateway.smtp.delivery import Delivery
from gateway.smtp.front import Front, House
from gateway.smtp.mail_server import MailServer, Vanished
from gateway.smtp.replies import Reply
from gateway.smtp.session import Envelope, Session
from gateway.smtp.submission import Submission
from suppression.model import App


class SmtpServer(MailServer):
    """`app_for_address`: the app that settings assign to a client's network, if any."""

    def __init__(
        self,
        house: House,
        delivery: Delivery,
        *,
        app_for_address: Callable[[str], App | None] = lambda _address: None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(house, tls)
        self.house = house
        self.app_for_address = app_for_address
        self._delivery = delivery

    def session(self, address: str) -> Session:
        return Session(address, self.app_for_address(address))

    def verbs(self, session: Session, ask: auth.Ask) -> Front:
        return Front(self.house, session, ask)

    async def take(
        self, session: Session, envelope: Envelope, content: bytes
    ) -> tuple[tuple[Reply, ...], Vanished]:
        result = await self._delivery.deliver(Submission.of(session, envelope, content))

        async def vanished() -> None:
            await self._delivery.remember(result)

        if session.gone or result.reply.code == 451:
            await vanished()
        return (result.reply,), vanished
