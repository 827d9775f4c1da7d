"""Mail to the return path of a mail that left: what the bounce in it says is applied, then it is passed on.

The token in the address proves whom it is about; nobody else whom the report names is touched.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from channels.email.inbound.bounce_codes import LEAST_FIRST, Kind
from channels.email.inbound.classify import Nature, Report
from channels.email.inbound.dsn import Bounce as Told
from channels.email.providers.events import EventKind
from gateway.inbound.applying import Applying, Finding
from gateway.inbound.attribution import About, Attribution
from gateway.inbound.complaints import Complaints
from gateway.inbound.reading import read
from gateway.inbound.receiving import Answer, Arrived
from gateway.inbound.routing import Bounce
from gateway.inbound.which_mail import names_of
from suppression.address import parse_email
from suppression.errors import UnusableAddress
from suppression.model import Recipient

ACTOR = "mail"
_MILDEST_FIRST = (Kind.DELIVERED, Kind.DELAYED, *LEAST_FIRST)

_log = structlog.get_logger(__name__)

PassOn = Callable[[Arrived, Bounce], Awaitable[Answer]]


class Bounces:
    """`recipient`: `Keyring.recipient`."""

    def __init__(
        self,
        applying: Applying,
        attribution: Attribution,
        complaints: Complaints,
        pass_on: PassOn,
        recipient: Callable[..., Recipient],
    ) -> None:
        self._applying = applying
        self._attribution = attribution
        self._complaints = complaints
        self._pass_on = pass_on
        self._recipient = recipient

    async def __call__(self, arrived: Arrived, to: Bounce) -> Answer:
        """Passed on whatever it is: before us, all that came to the return path came to the app."""
        report = await read(arrived)
        if report.bounces:
            about = await self._attribution.by_return_path(to.back, _named(report.bounces))
            await self._apply(arrived, report.bounces, about)
        elif report.complaint is not None:
            named = report.complaint.recipients
            about = await self._attribution.by_return_path(to.back, named)
            await self._complaints.apply(arrived, report.complaint, about)
        else:
            _log.info("mail_to_return_path_is_no_report", nature=report.nature.value)
        return await self._pass_on(arrived, to)

    async def without_token(self, arrived: Arrived, report: Report) -> None:
        """A bounce that came to another address: of use only where the mail that it returns proves whose it was."""
        if report.nature is not Nature.BOUNCE:
            return
        original = report.bounces[0].original
        named = _named(report.bounces)
        about = await self._attribution.by_tokens(original, named)
        about = about or await self._attribution.by_log(original, named)
        if about is None:
            _log.info("bounce_of_no_mail_of_ours", bounces=len(report.bounces))
            return
        await self._apply(arrived, report.bounces, about)

    async def _apply(self, arrived: Arrived, bounces: Sequence[Told], about: About) -> None:
        bounce = self._of(about.recipient, bounces)
        await self._applying.apply(
            Finding(
                recipient=about.recipient,
                kind=EventKind.of(bounce.kind),
                source=f"bounce:{bounce.status or bounce.reply or bounce.kind.value}",
                actor=ACTOR,
                id=f"{arrived.to.exact}|{arrived.id}",
                mail=bounce.original.message_id,
                sender=about.sender,
                purpose=about.purpose,
                app=about.app,
                status=bounce.status,
                reply=bounce.reply,
                said=bounce.said,
                names=names_of(bounce.original),
            )
        )

    def _of(self, recipient: Recipient, bounces: Sequence[Told]) -> Told:
        """What the report says of one; where it names nobody that we know, its mildest word: the mail had one
        recipient, whatever became of it behind a forwarding. So also where it says several things of one.
        """
        own = [bounce for bounce in bounces if self._names(bounce, recipient)]
        mildest = min(own or bounces, key=lambda bounce: _MILDEST_FIRST.index(bounce.kind))
        explained = next((b for b in own or bounces if b.kind is mildest.kind and b.status), mildest)
        return replace(explained, said=explained.said or mildest.said)

    def _names(self, bounce: Told, recipient: Recipient) -> bool:
        return any(self._key(address) == recipient.key for address in bounce.recipients)

    def _key(self, address: str) -> bytes | None:
        try:
            return self._recipient(parse_email(address)).key
        except UnusableAddress:
            return None


def _named(bounces: Sequence[Told]) -> list[str]:
    """Whom a report names, most telling first."""
    told = [address for bounce in bounces for address in bounce.recipients]
    return [*told, *bounces[0].original.recipients]
