"""A question as it is put to a recipient's own address: by mail, or by text, in its sender's name and language."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Literal, NamedTuple

from channels.email.letter import write
from gateway import phrases
from gateway.confirmations import letter as confirmation_letter
from gateway.confirmations import text as confirmation_text
from gateway.confirmations.wish_names import marker, named
from gateway.confirmations.wishes import Kind, Wish
from gateway.languages import words
from gateway.links import Links
from gateway.roads.pipeline import Ask, Pipeline
from suppression.address import Kind as AddressKind
from suppression.model import App, Channel, Recipient, Sender
from suppression.outbox import KEPT, Accepted, Draft
from suppression.store.hand_over import HandOver

PURPOSES = {Kind.ERASURE: "system/erasure-confirmation"}
PURPOSE = "system/opt-in-confirmation"
AGAIN = {Kind.CONSENT: timedelta(days=7), Kind.EXPORT: timedelta(days=1), Kind.ERASURE: timedelta(days=1)}
_NOT_LATER = timedelta(days=1)  # a text that could not leave within it is not sent any more
_ENTRY_NUMBER = 8  # bytes


class Handed(NamedTuple):
    """How a mail of our own fared. `before`: an earlier one did, and this one was not sent."""

    state: Literal["sent", "rejected", "refused", "open"]
    decision_id: str
    before: bool = False


Post = Callable[[Ask, HandOver, str, bytes], Awaitable[Handed]]
"""Signs a mail of our own in the app's sender's name and hands it over, through the pipeline like any other."""

Put = Callable[[Ask, Draft], Awaitable[Accepted]]
"""`gateway.phones.sending.Sending.accept`: a text of our own, into the outbox like any other."""


class Questions:
    """One process's roads for them. `post`, `put`: of mails and of texts; without `put` phones are not asked."""

    def __init__(
        self,
        pipeline: Pipeline,
        links: Links,
        senders: Mapping[str, Sender],
        post: Post,
        put: Put | None,
        days: int,
    ) -> None:
        self._pipeline = pipeline
        self._links = links
        self._senders = senders
        self._post = post
        self._put = put
        self._days = days

    async def put(self, recipient: Recipient, wish: Wish, app: str, number: bytes, asks: str) -> Handed:
        """`number`: of what waits for the answer; `asks`: names what is asked. Unavailable."""
        if recipient.address is None:
            raise ValueError("a question goes to an address")
        by_mail = recipient.address.kind is AddressKind.EMAIL
        ask = Ask(
            App(app, wish.sender),
            Channel.EMAIL if by_mail else Channel.SMS,
            self._pipeline.catalogue.find(PURPOSES.get(wish.kind, PURPOSE)),
            recipient.address,
            system=True,
            answers="" if by_mail else number.hex(),
        )
        details = {"asks": asks, "number": number.hex()}
        send = self._send_mail if by_mail else self._send_text
        return await send(ask, recipient, wish, number, details)

    async def _send_mail(
        self, ask: Ask, recipient: Recipient, wish: Wish, number: bytes, details: Mapping[str, str]
    ) -> Handed:
        message = secrets.token_hex(12)
        kept = AGAIN[wish.kind].total_seconds()
        hand_over = HandOver(marker(recipient, wish.kind), message, details=details, kept=kept)
        sender = self._senders[wish.sender]
        raw = self._letter(recipient, wish, sender, message, number)
        return await self._post(ask, hand_over, sender.from_address, raw)

    async def _send_text(
        self, ask: Ask, recipient: Recipient, wish: Wish, number: bytes, details: Mapping[str, str]
    ) -> Handed:
        """Whoever asks again meanwhile meets the same entry of the outbox, which outlasts the time between two."""
        sender, now = self._senders[wish.sender], self._pipeline.store.now()
        if self._put is None or sender.texts is None:
            return Handed("refused", "")
        url = self._links.confirm_url(recipient, sender=sender.name, channel=Channel.SMS, number=number)
        again = "" if AGAIN[wish.kind] >= KEPT else now.date().isoformat()
        draft = Draft(
            number=bytes.fromhex(named(marker(recipient, wish.kind), again))[:_ENTRY_NUMBER],
            content={"body": confirmation_text.body(wish.language, sender.title, wish.kind, url)},
            repeats=True,
            deadline=now + _NOT_LATER,
            answers=number.hex(),
            details=details,
        )
        accepted = await self._put(ask, draft)
        if accepted.outcome == "refused":
            return Handed("refused", accepted.decision_id)
        return Handed("sent", accepted.decision_id, accepted.repeated)

    def _letter(self, recipient: Recipient, wish: Wish, sender: Sender, message: str, number: bytes) -> bytes:
        text = words(wish.language)
        lines = phrases.scopes(text, self._pipeline.catalogue, wish.scopes, sender.title)
        url = self._links.confirm_url(recipient, sender=sender.name, channel=Channel.EMAIL, number=number)
        to = recipient.address.text if recipient.address else ""
        return write(
            confirmation_letter.letter(
                text, sender, wish.kind, lines, url=url, days=self._days, to=to, id=message
            ),
            self._pipeline.store.now(),
        )
