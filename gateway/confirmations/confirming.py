"""Questions to a recipient's own address, and the answers: double opt-in, and requests about one's data.

Whoever asks in a recipient's name gets nothing by it but one mail, or text, to that recipient: only the click in it
changes anything. One such question a week for each address (for requests about data: a day), claimed by the marker of
its hand-over, or by its place in the outbox; none where what stands against it would not give way to a confirmed wish.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.confirmations import letter as confirmation_letter
from gateway.confirmations import text as confirmation_text
from gateway.confirmations import wishes
from gateway.confirmations.data_requests import TakeUp
from gateway.confirmations.questions import Handed, Post, Put, Questions
from gateway.confirmations.taking_back import take_back
from gateway.confirmations.wish_names import (
    change_of,
    confirms,
    consent_of,
    handle_of,
    name_of,
    named,
    number_of,
)
from gateway.confirmations.wishes import Kind, Pending, Wish
from gateway.languages import words
from gateway.links import ConfirmLink, Links
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Pipeline
from suppression.errors import (
    CarrierUnavailable,
    Conflict,
    IdempotencyMismatch,
    NotFound,
    StoreUnavailable,
)
from suppression.model import Basis, Channel, Consent, Facts, Recipient, Scope, Sender
from suppression.rules.person import is_child
from suppression.rules.stops import stands_against
from suppression.store import pending
from suppression.store.keys import handle
from suppression.store.store import Store

_TRIES = 5  # readings of a recipient that keeps moving, before we say "we cannot now"


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

    async def ask(self, recipient: Recipient, wish: Wish, app: str, *, change_id: str | None = None) -> Asked:
        """Put the question. Barred, AskedAlready; Unavailable when it cannot be put now: then none was.

        A `change_id` seen before: the same question, put if it was not, and the same answer, confirmed or not.
        """
        number = number_of(change_id)
        before = await self._look(recipient, number) if change_id else None
        if before is not None and before.confirmed is not None:
            return Asked(handle_of(wish, recipient), sent=False)
        await self._keep(recipient, wish, number)
        handed = await self._questions.put(recipient, wish, app, number, name_of(wish, recipient))
        unread = handed.state != "sent" or (handed.before and before is None)
        if handed.state != "open" and unread:
            await pending.drop(self._store, recipient.key, number)  # nobody has its link
        return await self._asked(handed, recipient, wish)

    async def _keep(self, recipient: Recipient, wish: Wish, number: bytes) -> None:
        """The wish, so that it waits for its answer; nothing that an erasure came before."""
        kept = timedelta(days=self._days)
        for _ in range(_TRIES):
            facts = await self._store.facts(recipient, self._store.client.stops)
            if stops := self._against(facts, recipient, wish):
                raise Barred(stops)
            if wish.kind is Kind.ERASURE:
                bare = wishes.to_fields(Pending(replace(wish, evidence={}), recipient.exact))
                await pending.put_apart(self._store, recipient.key, number, bare, kept)
                return
            what = wishes.to_fields(Pending(wish, recipient.exact))
            if await pending.put(self._store, recipient.key, facts.version, number, what, kept):
                return
        raise StoreUnavailable("a recipient kept changing")

    async def look(self, link: ConfirmLink) -> Pending | None:
        """What a link asks; None when it was forgotten."""
        return await self._look(link.recipient, link.number)

    async def _look(self, recipient: Recipient, number: bytes) -> Pending | None:
        fields = await pending.get(self._store, recipient.key, number)
        found = None if fields is None else wishes.from_fields(fields)
        # The store forgets it by its own clock; the sandbox's may be ahead of that.
        if found is not None and self._store.now() > found.wish.asked + timedelta(days=self._days):
            return None
        return found

    async def cancel(self, handle: str, actor: str, sees: Callable[[str], bool]) -> Consent | None:
        """Take back the question behind a consent's handle: from this answer on its link confirms nothing of it.

        The consent that it would have been; None when no question waits, or `sees` says no to its sender.
        """
        return await take_back(self._store, handle, actor, sees, timedelta(days=self._days + 1))

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
        try:
            await self._fulfil(recipient, found.wish, click, link.number, link.channel)
        except Conflict:
            raise Barred from None  # erased while it was pressed
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
            stops = stands_against(consent_of(wish, scope, recipient.exact), facts, now, catalogue)
            if not stops:
                return ()
            found += stops
        return tuple(dict.fromkeys(handle("sup_", recipient.key, entry) for entry in found))

    async def _asked(self, handed: Handed, recipient: Recipient, wish: Wish) -> Asked:
        match handed.state:
            case "sent" if not handed.before:
                return Asked(handle_of(wish, recipient), sent=True)
            case "sent" if await self._same_waits(handed.decision_id, recipient, wish):
                return Asked(handle_of(wish, recipient), sent=False)
            case "sent":
                raise AskedAlready("within the time that must pass")
            case "open":
                raise CarrierUnavailable("the question could not be handed over")
            case _:
                raise Barred

    async def _same_waits(self, decision_id: str, recipient: Recipient, wish: Wish) -> bool:
        """Whether the earlier mail asked the very same, and still waits for its answer."""
        try:
            details = (await self._pipeline.history.find(decision_id)).details
        except NotFound:
            return False
        if details.get("asks") != name_of(wish, recipient):
            return False
        found = await self._look(recipient, bytes.fromhex(details.get("number", "")))
        return found is not None and found.confirmed is None

    async def _fulfil(
        self, recipient: Recipient, wish: Wish, click: Mapping[str, str], number: bytes, channel: Channel
    ) -> None:
        """Each part under an id of its own that outlives the link: pressed twice, it is done once."""
        evidence = {**wish.evidence, **self._shown(wish, channel), **click}
        if wish.kind is not Kind.CONSENT:
            await self._take_up(recipient, wish, evidence, named("request", number.hex()))
            return
        done = [await self._give(recipient, wish, scope, evidence, number) for scope in wish.scopes]
        if not any(done):
            raise NotFound("taken back while it was pressed")

    async def _give(
        self, recipient: Recipient, wish: Wish, scope: Scope, evidence: Mapping[str, str], number: bytes
    ) -> bool:
        """The consent to one scope; False when it was cancelled first."""
        try:
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
                unless_erased=True,
                change_id=confirms(number, change_of(wish, scope, recipient.exact).entry_id),
                kept=timedelta(days=self._days + 1),
            )
        except IdempotencyMismatch:
            return False
        return True

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
