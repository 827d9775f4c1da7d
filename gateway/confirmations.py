"""Questions to a recipient's own address, and the answers: double opt-in, and requests about one's data.

Whoever asks in a recipient's name gets nothing by it but one mail, or text, to that recipient: only the click in it
changes anything. One such question a week for each address (for requests about data: a day), claimed by the marker of
its hand-over, or by its place in the outbox; none where what stands against it would not give way to a confirmed wish.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway import confirmation_letter, confirmation_text, wishes
from gateway.changes import Changes
from gateway.data_requests import TakeUp
from gateway.languages import words
from gateway.links import ConfirmLink, Links
from gateway.pipeline import Pipeline
from gateway.questions import Handed, Post, Put, Questions, digest
from gateway.wishes import Kind, Pending, Wish
from suppression.changes import GiveConsent
from suppression.errors import CarrierUnavailable, Conflict, NotFound
from suppression.model import Basis, Channel, Consent, Facts, Recipient, Scope, Sender
from suppression.rules.person import is_child
from suppression.rules.stops import stands_against
from suppression.store import pending
from suppression.store.apply import CONSENT_HANDLE
from suppression.store.keys import handle
from suppression.store.store import Store

_ORDER_OF_A_NEW_ONE = f"{2**48 - 1}-0"  # later than any commit there is


class Barred(Conflict):
    """Confirmed or not, it could have no effect. `entries`: handles of what stands against it."""

    peer_text = "what is recorded of this recipient stands against it, confirmed or not; nothing was sent"

    def __init__(self, entries: tuple[str, ...] = ()) -> None:
        super().__init__("barred")
        self.entries = entries


class AskedAlready(Conflict):
    peer_text = "this address was asked to confirm something a short time ago; nothing more was sent"


@dataclass(frozen=True, slots=True)
class Asked:
    """`handle`: the consent's, once it is confirmed; "" for other wishes. `sent`: now, not by an earlier call."""

    handle: str
    sent: bool


class Confirmations:
    """One process's, on one store. `days`: after which a question that nobody answered is forgotten.

    post, put   the roads of mails and texts; None: phones are not asked
    """

    def __init__(
        self,
        store: Store,
        pipeline: Pipeline,
        links: Links,
        senders: Mapping[str, Sender],
        post: Post,
        take_up: TakeUp,
        *,
        changes: Changes,
        put: Put | None = None,
        days: int = 7,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._senders = senders
        self._questions = Questions(pipeline, links, senders, post, put, days)
        self._take_up = take_up
        self._changes = changes
        self._days = days

    async def ask(self, recipient: Recipient, wish: Wish, app: str) -> Asked:
        """Put the question. Barred, AskedAlready; Unavailable when it cannot be put now: then none was."""
        facts = await self._store.facts(recipient, self._store.client.stops)
        if stops := self._against(facts, recipient, wish):
            raise Barred(stops)
        number = secrets.token_bytes(pending.NUMBER)
        what = wishes.to_fields(Pending(wish, recipient.exact))
        kept = timedelta(days=self._days)
        await pending.put(self._store, recipient.key, number, what, kept)
        handed = await self._questions.put(recipient, wish, app, number, _told(wish, recipient))
        if handed.state != "open" and (handed.state != "sent" or handed.before):
            await pending.drop(self._store, recipient.key, number)  # nobody has its link
        return await self._asked(handed, recipient, wish)

    async def look(self, link: ConfirmLink) -> Pending | None:
        """What a link asks; None when it was forgotten."""
        fields = await pending.get(self._store, link.recipient.key, link.number)
        return None if fields is None else wishes.from_fields(fields)

    async def confirm(self, link: ConfirmLink, click: Mapping[str, str]) -> Pending:
        """The recipient's word. A repeat changes nothing, whatever was said since. NotFound, Barred."""
        found = await self.look(link)
        if found is None:
            raise NotFound("forgotten, or never asked")
        if found.confirmed is not None:
            return found
        recipient = Recipient(link.recipient.key, found.exact)
        facts = await self._store.facts(recipient, self._store.client.stops)
        if stops := self._against(facts, recipient, found.wish):
            raise Barred(stops)
        await self._fulfil(recipient, found.wish, click, link.number, link.channel)
        bare = replace(found.wish, evidence={})  # it is with the consent now
        done = replace(found, wish=bare, confirmed=self._store.now())
        await pending.finish(self._store, recipient.key, link.number, wishes.to_fields(done))
        return done

    def _against(self, facts: Facts, recipient: Recipient, wish: Wish) -> tuple[str, ...]:
        """What would keep the consents, all of them, from having any effect."""
        now, catalogue = self._store.now(), self._pipeline.catalogue
        if wish.scopes and is_child(facts, now, self._senders[wish.sender].minimum_age):
            raise Barred
        found: list[str] = []
        for scope in wish.scopes:
            stops = stands_against(_consent(wish, scope, recipient.exact), facts, now, catalogue)
            if not stops:
                return ()
            found += stops
        return tuple(dict.fromkeys(handle("sup_", recipient.key, entry) for entry in found))

    async def _asked(self, handed: Handed, recipient: Recipient, wish: Wish) -> Asked:
        match handed.state:
            case "sent" if not handed.before:
                return Asked(_handle(wish, recipient), sent=True)
            case "sent" if await self._same_waits(handed.decision_id, recipient, wish):
                return Asked(_handle(wish, recipient), sent=False)
            case "sent":
                raise AskedAlready("within the time that must pass")
            case "open":
                raise CarrierUnavailable("the question could not be handed over")
            case _:
                raise Barred

    async def _same_waits(self, decision_id: str, recipient: Recipient, wish: Wish) -> bool:
        """Whether the earlier mail asked the very same, and still waits for its answer."""
        try:
            details = (await self._store.log.find(decision_id)).details
        except NotFound:
            return False
        if details.get("asks") != _told(wish, recipient):
            return False
        number = bytes.fromhex(details.get("number", ""))
        fields = await pending.get(self._store, recipient.key, number)
        return fields is not None and wishes.from_fields(fields).confirmed is None

    async def _fulfil(
        self, recipient: Recipient, wish: Wish, click: Mapping[str, str], number: bytes, channel: Channel
    ) -> None:
        """Each part under an id of its own that outlives the link: pressed twice, it is done once."""
        evidence = {**wish.evidence, **self._shown(wish, channel), **click}
        if wish.kind is not Kind.CONSENT:
            await self._take_up(recipient, wish, evidence, digest("request", number.hex()))
            return
        for place, scope in enumerate(wish.scopes):
            await self._changes.consent(
                recipient,
                scope,
                basis=Basis.DOUBLE_OPT_IN,
                source=wish.source,
                actor="recipient",
                at=self._store.now(),
                evidence=evidence,
                expires=wish.expires,
                direct=True,
                change_id=digest("confirm", number.hex(), str(place)),
                kept=timedelta(days=self._days + 1),
            )

    def _shown(self, wish: Wish, channel: Channel) -> dict[str, str]:
        text = words(wish.language)
        by_text = channel is Channel.SMS
        return {
            "asked_at": wish.asked.isoformat(timespec="seconds"),
            "asked_by": wish.actor,
            "wording": confirmation_text.wording(text.language, wish.kind)
            if by_text
            else confirmation_letter.wording(text, wish.kind),
            "wording_language": text.language,
        }


def _consent(wish: Wish, scope: Scope, exact: str) -> Consent:
    """As it would be if it were confirmed now."""
    change = _change(wish, scope, exact)
    return Consent(
        id=change.entry_id,
        scope=scope,
        basis=change.basis,
        source=change.source,
        actor="recipient",
        at=wish.asked,
        order=_ORDER_OF_A_NEW_ONE,
        exact=exact,
        direct=True,
    )


def _change(wish: Wish, scope: Scope, exact: str) -> GiveConsent:
    return GiveConsent(scope, Basis.DOUBLE_OPT_IN, wish.source, "recipient", wish.asked, exact)


def _handle(wish: Wish, recipient: Recipient) -> str:
    if not wish.scopes:
        return ""
    return handle(CONSENT_HANDLE, recipient.key, _change(wish, wish.scopes[0], recipient.exact).entry_id)


def _told(wish: Wish, recipient: Recipient) -> str:
    """Names what is asked: the same wish has the same name."""
    entries = sorted(_change(wish, scope, recipient.exact).entry_id for scope in wish.scopes)
    return digest(wish.kind, wish.sender, recipient.exact, *entries)[:24]
