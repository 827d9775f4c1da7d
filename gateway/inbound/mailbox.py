"""Mail to a sender's opt-out mailbox: what somebody wrote is done, and all of it goes on to those who read it."""

from collections.abc import Awaitable, Callable, Mapping

from channels.email.inbound.arf import Complaint
from channels.email.inbound.classify import Nature, Report
from gateway.inbound.opt_outs import WrittenOptOuts
from gateway.inbound.reading import read
from gateway.inbound.receiving import TAKEN, Answer, Arrived
from gateway.inbound.routing import Mailbox
from suppression.address import Address
from suppression.model import Sender

_MAILINGS = ("list-unsubscribe", "list-id", "feedback-id")  # fields of mail to many, which nobody wrote to us
_MANY = frozenset({"bulk", "list", "junk"})

PassOn = Callable[[Arrived, Mailbox], Awaitable[Answer]]
IsOurs = Callable[[Address], bool]
"""Whether mail to it would come here again."""


class OptOutMailbox:
    """The handler. Done first, then passed on, then answered: a mail that waits for the next hop stops at once."""

    def __init__(
        self,
        opt_outs: WrittenOptOuts,
        senders: Mapping[str, Sender],
        pass_on: PassOn,
        is_ours: IsOurs,
        without_token: Callable[[Arrived, Report], Awaitable[None]],
        complaint: Callable[[Arrived, Complaint], Awaitable[Answer]],
    ) -> None:
        self._opt_outs = opt_outs
        self._senders = senders
        self._pass_on = pass_on
        self._is_ours = is_ours
        self._without_token = without_token
        self._complaint = complaint

    async def __call__(self, arrived: Arrived, to: Mailbox) -> Answer:
        report = await read(arrived)
        if report.complaint is not None:
            answer = await self._complaint(arrived, report.complaint)
            return await self._pass_on(arrived, to) if answer == TAKEN else answer
        await self._without_token(arrived, report)
        written = report.written if report.nature is Nature.WRITTEN and not _is_mailing(arrived) else None
        letter = self._opt_outs.letter(arrived, written, self._senders[to.sender]) if written else None
        if letter is None or written is None or self._is_ours(letter.address):
            return await self._pass_on(arrived, to)
        reading = await self._opt_outs.take(letter, written)
        answer = await self._pass_on(arrived, to)
        if answer == TAKEN:
            await self._opt_outs.answer(letter, reading)
        return answer


def _is_mailing(arrived: Arrived) -> bool:
    """Mail to many has "unsubscribe" in it too; it is its sender's way out, and nobody's word to us."""
    header = arrived.original.header
    many = any(value.strip().lower().decode("latin-1") in _MANY for value in header("precedence"))
    return many or any(header(name) for name in _MAILINGS)
