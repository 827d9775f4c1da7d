"""The one short mail after a written stop: what was stopped, and nothing else.

RFC 3834: auto-replied, from the null return path, so that nothing answers it; once a week for each address, claimed
by the marker of its hand-over. Only to an address that was proven to have written: to any other it would be mail
that nobody asked for.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta

from channels.email.letter import write
from gateway.confirmations.questions import Post
from gateway.inbound import stop_letter
from gateway.languages import words
from gateway.roads.pipeline import Ask
from suppression.address import Address
from suppression.errors import CarrierUnavailable
from suppression.model import App, Channel, Recipient, Sender
from suppression.opt_out_words import ScopeWord
from suppression.purposes import STOP_CONFIRMATION, Catalogue
from suppression.store.hand_over import HandOver
from suppression.store.store import Store

APP = "gateway"  # in whose name; no app of the settings
AGAIN = timedelta(days=7)


class Answering:
    """On one store."""

    def __init__(
        self, store: Store, senders: Mapping[str, Sender], catalogue: Callable[[], Catalogue], post: Post
    ) -> None:
        self._store = store
        self._senders = senders
        self._catalogue = catalogue
        self._post = post

    async def stopped(
        self,
        recipient: Recipient,
        address: Address,
        sender: str,
        scope: ScopeWord,
        entry: str,
        *,
        language: str,
        answers: str,
    ) -> None:
        """`entry`: id of the stop of just now. `answers`: Message-ID of what is answered, "" for none. Unavailable."""
        named = self._senders[sender]
        message = secrets.token_hex(12)
        letter = stop_letter.letter(
            words(language), named, scope, to=address.text, id=message, in_reply_to=answers
        )
        ask = Ask(
            App(APP, sender),
            Channel.EMAIL,
            self._catalogue().find(STOP_CONFIRMATION),
            address,
            system=True,
            answers=entry,
        )
        marker = hashlib.sha256(f"stopped|{recipient.key.hex()}".encode()).hexdigest()
        hand_over = HandOver(marker, message, kept=AGAIN.total_seconds())
        handed = await self._post(ask, hand_over, "", write(letter, self._store.now()))
        if handed.state == "open":
            raise CarrierUnavailable("the answer to a stop could not be handed over")
