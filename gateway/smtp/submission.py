"""One message as a client handed it in: who, for whom, and its bytes."""

from dataclasses import dataclass

from gateway.smtp.session import Envelope, Session
from suppression.address import Address
from suppression.model import App
from suppression.purposes import Purpose


@dataclass(frozen=True, slots=True)
class Client:
    """The client, for the Received line."""

    hello: str
    address: str
    protocol: str


@dataclass(frozen=True, slots=True)
class Submission:
    """`content`: CRLF lines, unstuffed. `sender`: None for the null sender. `purpose`: as known before DATA.

    discarded  ids of the refusals of recipients that were answered as if they were taken
    """

    app: App
    client: Client
    sender: Address | None
    options: frozenset[str]
    recipients: tuple[Address, ...]
    purpose: Purpose | None
    content: bytes
    discarded: tuple[str, ...] = ()

    @classmethod
    def of(cls, session: Session, envelope: Envelope, content: bytes) -> "Submission":
        if session.app is None:
            raise RuntimeError("a message without an app")  # the front let none through
        return cls(
            app=session.app,
            client=Client(session.hello, session.address, session.protocol(envelope.options)),
            sender=envelope.sender,
            options=envelope.options,
            recipients=tuple(envelope.recipients.values()),
            purpose=envelope.purpose,
            content=content,
            discarded=tuple(envelope.discarded.values()),
        )

    @property
    def mail_from(self) -> str:
        return self.sender.text if self.sender else ""
