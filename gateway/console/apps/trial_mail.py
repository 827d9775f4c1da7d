"""A mail of the gateway's own that an agent sends to see whether mails arrive: on the road of all others.

It may not go where the recipient stopped everything; and one address gets no more than one a minute from a sender.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from channels.email.letter import Letter, write
from gateway.confirmations.letter import close
from gateway.confirmations.questions import Handed, Post
from gateway.languages import words
from gateway.roads.pipeline import Ask
from suppression.address import Address
from suppression.errors import NotFound
from suppression.model import App, Channel, Recipient, Sender
from suppression.purposes import TEST, Catalogue
from suppression.store.hand_over import HandOver

_LANGUAGE = "en"  # of the console, where it is sent from
APP = "console"
_AGAIN = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Tried:
    """`message`: id of the mail, where one was handed over."""

    handed: Handed
    message: str


class TrialMail:
    """One process's. `recipient`: an address under the store's keys."""

    def __init__(
        self,
        senders: Mapping[str, Sender],
        catalogue: Callable[[], Catalogue],
        recipient: Callable[[Address], Recipient],
        clock: Callable[[], datetime],
        post: Post,
    ) -> None:
        self._senders = senders
        self._catalogue = catalogue
        self._recipient = recipient
        self._clock = clock
        self._post = post

    async def send(self, sender: str, address: Address, *, actor: str, by: str) -> Tried:
        """`actor`: as records name who sent it; `by`: as the mail does. NotFound for no such sender."""
        found = self._senders.get(sender)
        if found is None:
            raise NotFound("no such sender")
        ask = Ask(App(APP, sender), Channel.EMAIL, self._catalogue().find(TEST), address, system=True)
        message, marker = secrets.token_hex(12), self._marker(sender, address)
        hand_over = HandOver(marker, message, details={"by": actor}, kept=_AGAIN)
        raw = write(letter(found, by, to=address.text, id=message), self._clock())
        handed = await self._post(ask, hand_over, found.from_address, raw)
        return Tried(handed, message if handed.state == "sent" and not handed.before else "")

    def _marker(self, sender: str, address: Address) -> str:
        recipient = self._recipient(address)
        return hashlib.sha256(f"trial|{sender}|{recipient.key.hex()}|{recipient.exact}".encode()).hexdigest()


def letter(sender: Sender, by: str, *, to: str, id: str) -> Letter:  # noqa: A002
    """In English: it is for people of the company."""
    return Letter(
        id=id,
        from_name=sender.title,
        from_address=sender.from_address,
        to=to,
        subject=f"Test mail from {sender.title}",
        blocks=(
            f"{by} sent this to see whether mail from {sender.title} arrives. It did: there is nothing to do.",
            "Whoever did not expect it may ignore it. It changes nothing, and signs nobody up for anything.",
        ),
        close=close(words(_LANGUAGE), sender),
    )
