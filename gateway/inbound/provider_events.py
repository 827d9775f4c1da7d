"""Providers' events as findings: whom an event is about, and whose mail it was."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from channels.email.providers.events import Event, EventKind, Provider
from gateway.inbound.applying import Applying, Finding
from gateway.inbound.which_mail import hard_to_guess
from gateway.links import LinkBack
from suppression.address import parse_email
from suppression.errors import InvalidToken, UnusableAddress
from suppression.model import Recipient
from suppression.store.ways_back import WaysBack

AT_ONCE = 16
_SAY_NOTHING = frozenset({EventKind.DELIVERED, EventKind.DELAYED})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MailHooks:
    """What HTTP needs: readers by the providers' names. `take`: stored when it returns; StoreUnavailable."""

    providers: Mapping[str, Provider]
    take: Callable[[str, Iterable[Event]], Awaitable[None]]


class ProviderEvents:
    """`senders`: whose mail alone goes by a provider, by its name; for events without a token of ours.

    read_back  `Links.read_back`; recipient: `Keyring.recipient`
    """

    def __init__(
        self,
        applying: Applying,
        ways_back: WaysBack,
        read_back: Callable[[str], LinkBack],
        recipient: Callable[..., Recipient],
        senders: Mapping[str, str],
    ) -> None:
        self._applying = applying
        self._ways_back = ways_back
        self._read_back = read_back
        self._recipient = recipient
        self._senders = senders

    async def take(self, provider: str, events: Iterable[Event]) -> None:
        """All of them are stored when this returns. StoreUnavailable: some may be, and all may be said again."""
        free = asyncio.Semaphore(AT_ONCE)

        async def one(event: Event) -> None:
            async with free:
                await self._take(provider, event)

        telling = [event for event in events if event.kind not in _SAY_NOTHING]
        for result in await asyncio.gather(*map(one, telling), return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _take(self, provider: str, event: Event) -> None:
        back = self._link_back(event)
        recipient = await self._about(event, back)
        if recipient is None:
            log.warning("event_about_nobody", provider=provider, code=event.code)
            return
        if back is not None and back.recipient.key != recipient.key:
            back = None  # a token in somebody else's mail proves nothing
        way = None if back is None else await self._ways_back.find(back.number)
        finding = Finding(
            recipient=recipient,
            kind=event.kind,
            source=f"{provider}:{event.code}",
            actor=provider,
            id=event.id,
            mail=event.message_id or event.mail,
            sender=way.sender if way else self._senders.get(provider, ""),
            purpose=(back.purpose or "") if back else "",
            app=way.app if way else "",
            status=event.status,
            reply=event.reply,
            said=event.said,
            names=hard_to_guess(event.mail, event.message_id.partition("@")[0]),
        )
        await self._applying.apply(finding)

    def _link_back(self, event: Event) -> LinkBack | None:
        if not event.token:
            return None
        try:
            return self._read_back(event.token)
        except InvalidToken:
            return None

    async def _about(self, event: Event, back: LinkBack | None) -> Recipient | None:
        """The address that the provider wrote to; where it keeps that to itself, whom our token is about."""
        try:
            return self._recipient(parse_email(event.address))
        except UnusableAddress:
            return None if back is None else await self._applying.recipient(back.recipient.key)
