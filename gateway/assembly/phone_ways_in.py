"""How texts, reports and calls of recipients come in from Twilio: the roads put together."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.twilio.signature import Signatures
from gateway.config.twilio import TwilioAccount
from gateway.confirmations.confirming import AskedAlready, Barred, Confirmations
from gateway.confirmations.wishes import Kind, Wish
from gateway.duties.catching_up import CatchingUp, Listing, Source
from gateway.http.twilio.hooks import Hooks
from gateway.http.twilio.line import Line
from gateway.http.twilio.signed import Account, Reader
from gateway.http.twilio.status import Status
from gateway.http.twilio.texts import Texts
from gateway.http.twilio.voice import Calls, Replace
from gateway.links import Links
from gateway.phones.call_answers import CallAnswers
from gateway.phones.deliveries import Deliveries, Heard
from gateway.phones.provider_codes import ProviderCodes
from gateway.phones.replies import Replies
from gateway.phones.sending import Sending
from gateway.phones.stops import PhoneStops
from gateway.phones.text_answers import APP, TextAnswers
from gateway.roads.changes import Changes
from gateway.roads.reviews import AskErasure
from suppression.errors import StoreUnavailable
from suppression.model import Sender
from suppression.opt_out_words import read
from suppression.store.reviews import Review, Reviews
from suppression.store.store import Store

_LINE = b"opt-out line 1|\x00"  # 16 bytes in a recipient's place: what is sealed for the line is nothing else


@dataclass(frozen=True, slots=True)
class WaysIn:
    """`codes`: for whoever hears a code at once. `replies`: for catching up."""

    hooks: Hooks
    codes: ProviderCodes
    replies: Replies


def ways_in(
    store: Store,
    links: Links,
    senders: Mapping[str, Sender],
    accounts: Mapping[str, TwilioAccount],
    sending: Sending,
    changes: Changes,
    *,
    public_url: str,
    replace: Replace,
    heard: Heard | None = None,
) -> WaysIn:
    """`accounts`: by sender's name. `heard`: a sender's breaker."""
    read("")  # the tables of words are read now, not while the first text waits
    reader = Reader(public_url, _accounts(accounts))
    recipient = store.keyring.recipient
    stops, codes = PhoneStops(changes), ProviderCodes(store, changes)
    answers = TextAnswers(sending.accept, lambda: sending.pipeline.catalogue, store.now)
    replies = Replies(store, changes, Reviews(store), answers)
    deliveries = Deliveries(store, sending.outbox, codes, senders, heard)
    seal, opened = sealing(store)
    hooks = Hooks(
        Texts(reader, senders, recipient, replies.take, store.now),
        Status(reader, links.read_hook, deliveries.take),
        Calls(
            reader,
            links.read_hook,
            senders,
            recipient,
            sending.outbox.entry,
            stops,
            replace,
            CallAnswers(store, sending.outbox),
        ),
        Line(reader, senders, recipient, stops, seal, opened),
    )
    return WaysIn(hooks, codes, replies)


def _accounts(accounts: Mapping[str, TwilioAccount]) -> dict[str, Account]:
    names: dict[str, set[str]] = {}
    for name, account in accounts.items():
        names.setdefault(account.account_sid, set()).add(name)
    return {
        account.account_sid: Account(Signatures(account.auth_tokens), frozenset(names[account.account_sid]))
        for account in accounts.values()
    }


def catching_up(
    store: Store,
    senders: Mapping[str, Sender],
    accounts: Mapping[str, TwilioAccount],
    listings: Mapping[TwilioAccount, Listing],
    replies: Replies,
) -> CatchingUp:
    """Of each account whose texts can be listed, all numbers that its senders text from."""
    sources = []
    for account, listing in listings.items():
        numbers = {
            number: senders[name]
            for name, known in accounts.items()
            if known == account and (texts := senders[name].texts) is not None
            for number in texts.numbers
        }
        if numbers:
            sources.append(Source(account.account_sid, listing, numbers))
    return CatchingUp(store, sources, replies.take)


def erasure_question(confirmations: Confirmations, senders: Mapping[str, Sender], store: Store) -> AskErasure:
    """Put to the address that wrote, where its sender can; an agent decided that it was meant."""

    async def ask(review: Review, actor: str) -> bool:
        sender = senders.get(review.wrote.sender)
        if sender is None:
            return False
        wish = Wish(
            Kind.ERASURE,
            sender.name,
            source="review",
            actor=actor,
            asked=store.now(),
            evidence={"review": review.id},
            language=review.wrote.suggestion.get("language", sender.language),
        )
        try:
            await confirmations.ask(review.recipient, wish, APP)
        except AskedAlready:
            return True
        except Barred:
            return False
        return True

    return ask


def sealing(store: Store) -> tuple[Callable[[str], str], Callable[[str], str | None]]:
    """A number on its way through Twilio, and back: in no URL is it to be read."""

    def seal(number: str) -> str:
        sealed = store.sealer.evidence({"number": number}, _LINE)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def opened(text: str) -> str | None:
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return store.sealer.open_evidence(sealed, _LINE)["number"]
        except (binascii.Error, ValueError, KeyError, StoreUnavailable):
            return None

    return seal, opened
