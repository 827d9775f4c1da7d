"""Our own texts in answer to what somebody wrote: the one that confirms a stop, and help. The outbox sends them.

Each has a number made before its first try, so that it is one however often it is asked for; and none where the
provider has answered already.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels.sms.wording import help_reply, stop_confirmation
from channels.twilio.keywords import answered_by_twilio
from gateway.roads.pipeline import Ask
from suppression.model import App, Channel, Recipient, Sender
from suppression.outbox import Draft
from suppression.purposes import HELP, STOP_CONFIRMATION, Catalogue
from suppression.rules.access import CONFIRMED_WITHIN
from suppression.store.apply import Applied

APP = "gateway"  # in whose name our own texts go; no app of the settings
HELP_EVERY = 60  # seconds: one answer to HELP for each number

Accept = Callable[[Ask, Draft], Awaitable[object]]
"""`gateway.phones.sending.Sending.accept`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A text that came in. `recipient`: who wrote it, with the address; `to`: our number or service.

    id      the provider's
    sender  whose number it came to; None: of nobody that we know
    took    what the provider says that it took it for, and answered: "STOP", "START", "HELP", "" for nothing
    late    found afterwards: what was said since may be done already
    """

    id: str
    recipient: Recipient
    sender: Sender | None
    to: str
    text: str = field(repr=False)
    at: datetime
    took: str = ""
    late: bool = False

    @property
    def source(self) -> str:
        return source_of(self.sender)

    def change_id(self, *part: object) -> str:
        text = "|".join(("text", self.id, *map(str, part)))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def source_of(sender: Sender | None) -> str:
    """What a stop by text names as its source: a START to the same sender ends it."""
    return f"sms:{sender.name if sender else ''}"[:64]


class TextAnswers:
    """`accept`: where they are handed in; `clock`: of decisions."""

    def __init__(
        self, accept: Accept, catalogue: Callable[[], Catalogue], clock: Callable[[], datetime]
    ) -> None:
        self._accept = accept
        self._catalogue = catalogue
        self._clock = clock

    async def confirm(self, received: Received, language: str, done: Sequence[Applied]) -> None:
        """The one text after a stop. RULES 2.1, (a)(12): once, within five minutes or not at all."""
        new = next((applied.entry for applied in done if applied.created), None)
        deadline = received.at + CONFIRMED_WITHIN
        sender = received.sender
        if new is None or sender is None or self._answered(received) or deadline <= self._clock():
            return
        text = stop_confirmation(language, sender.title, sender.support_phone)
        number = received.change_id("confirmation")
        await self._answer(received, STOP_CONFIRMATION, text, number, new.id, deadline)

    async def help(self, received: Received, language: str) -> None:
        """Whatever was stopped; it changes nothing."""
        deadline = received.at + CONFIRMED_WITHIN
        sender = received.sender
        if sender is None or self._answered(received) or deadline <= self._clock():
            return
        text = help_reply(language, sender.title, sender.support_phone)
        turn = int(received.at.timestamp()) // HELP_EVERY
        number = hashlib.sha256(f"help|{sender.name}|{turn}".encode()).hexdigest()
        await self._answer(received, HELP, text, number, received.id, deadline)

    def _answered(self, received: Received) -> bool:
        """By the provider; or nobody can, since the sender sends no texts. What it said is not told afterwards."""
        settings = received.sender.texts if received.sender else None
        if settings is None or (received.late and settings.opt_out == "advanced"):
            return True
        return answered_by_twilio(received.text, settings.opt_out, received.took)

    async def _answer(
        self, received: Received, purpose: str, text: str, number: str, answers: str, deadline: datetime
    ) -> None:
        if received.sender is None or received.recipient.address is None:
            return
        ask = Ask(
            App(APP, received.sender.name),
            Channel.SMS,
            self._catalogue().find(purpose),
            received.recipient.address,
            system=True,
            answers=answers,
        )
        draft = Draft(
            number=bytes.fromhex(number[:16]),
            content={"body": text, **self._from(received)},
            deadline=deadline,
            answers=answers,
        )
        await self._accept(ask, draft)

    def _from(self, received: Received) -> dict[str, str]:
        """The number that was written to answers, where it is known."""
        settings = received.sender.texts if received.sender else None
        known = settings is not None and received.to in settings.numbers
        return {"from": received.to} if known else {}
