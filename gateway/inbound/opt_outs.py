"""What somebody wrote to an opt-out mailbox, understood and done.

Whoever can write a From can write to it in anybody's name, so that a mail only ever tightens for that address. It is
told to nobody but that address, and to that only where it is proven to have written; an erasure needs its answer.
"""

import hashlib
import re
from dataclasses import dataclass, replace

from channels.email.inbound.authentication import is_authors
from channels.email.inbound.quoted_text import Written, shown
from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import message_id
from gateway.confirmations.confirming import AskedAlready, Barred, Confirmations
from gateway.confirmations.wishes import Kind, Wish
from gateway.inbound.answering import APP, Answering
from gateway.inbound.receiving import KEPT, Arrived
from gateway.roads.changes import Changes
from suppression import stop_scopes
from suppression.address import Address, parse_email
from suppression.decision import Reason
from suppression.errors import UnusableAddress
from suppression.model import Channel, Recipient, Sender, Way
from suppression.opt_out_words import Reading, ScopeWord, Verdict
from suppression.opt_out_words import read as read_words
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import Applied
from suppression.store.reviews import Erased, Reviews, Wrote
from suppression.store.store import Store

ACTOR = "recipient"
_REPLY = re.compile(
    r"\s*(?:re|aw|antw|antwort|sv|rép|rif|odp|fwd?|wg|tr|rv|उत्तर)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"@]{1,64}@[\w.-]{1,253}\w")
_EVIDENCE = 1_000  # characters that are kept, sealed, with the stop


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody wrote. `proven`: that it was who stands in From."""

    arrived: Arrived
    sender: Sender
    address: Address
    recipient: Recipient
    text: str
    proven: bool

    @property
    def source(self) -> str:
        return f"mailbox:{self.sender.name}"[:64]

    def change_id(self, *part: object) -> str:
        told_by = (
            "mailbox",
            self.arrived.to.exact,
            self.recipient.key.hex(),
            self.arrived.id,
            *map(str, part),
        )
        return hashlib.sha256("|".join(told_by).encode()).hexdigest()[:32]


class WrittenOptOuts:
    """What is written, done. `authserv_id`: whose word on who wrote is taken; None: nobody's."""

    def __init__(
        self,
        store: Store,
        changes: Changes,
        confirmations: Confirmations,
        answering: Answering,
        authserv_id: str | None,
    ) -> None:
        self._store = store
        self._changes = changes
        self._reviews = Reviews(store)
        self._confirmations = confirmations
        self._answering = answering
        self._authserv_id = authserv_id

    def letter(self, arrived: Arrived, written: Written, sender: Sender) -> Letter | None:
        """None where nobody can be told by From."""
        try:
            address = parse_email(written.sender or "")
        except UnusableAddress:
            return None
        proven = self._authserv_id is not None and is_authors(Received(arrived.raw), self._authserv_id)
        text = f"{written.subject}\n\n{written.text}".strip()
        recipient = self._store.keyring.recipient(address)
        return Letter(arrived, sender, address, recipient, text, proven)

    async def take(self, letter: Letter, written: Written) -> Reading:
        """All that it means is stored when this returns. Unavailable: then it is to be handed in again."""
        reading = _reading(letter, written)
        if reading.verdict is Verdict.STOP:
            await self._clear(letter, reading)
        elif reading.verdict is Verdict.UNCLEAR:
            await self._review(letter, reading)
        elif quoted := _quoted(letter, written, reading):
            await self._review(letter, quoted)
        return reading

    async def answer(self, letter: Letter, reading: Reading) -> None:
        """After it was passed on: the question about an erasure, or the one short mail."""
        if reading.verdict is not Verdict.STOP:
            return
        if reading.scope is ScopeWord.DELETE:
            await self._ask_erasure(letter, reading)
        elif letter.proven and reading.scope is not ScopeWord.CHANGE:
            await self._say_what_stopped(letter, reading)

    async def _clear(self, letter: Letter, reading: Reading) -> None:
        await self._stop(letter, reading)
        if reading.scope is ScopeWord.CHANGE or _names_others(letter):
            await self._review(letter, reading)  # there is more in it than a stop of their own

    async def _stop(self, letter: Letter, reading: Reading) -> list[Applied]:
        """Said again of the same mail it changes nothing, and returns what it came to then."""
        return [
            await self._changes.suppress(
                letter.recipient,
                scope,
                reason=Reason.UNSUBSCRIBED,
                way=Way.MAILBOX,
                source=letter.source,
                actor=ACTOR,
                note=f"{'proven' if letter.proven else 'not proven'} to be theirs: {letter.text[:_EVIDENCE]}",
                change_id=letter.change_id("stop", place),
                kept=KEPT,
            )
            for place, scope in enumerate(stop_scopes.written(reading.scope, Channel.EMAIL))
        ]

    async def _ask_erasure(self, letter: Letter, reading: Reading) -> None:
        wish = Wish(
            Kind.ERASURE,
            letter.sender.name,
            source=letter.source,
            actor=ACTOR,
            asked=self._store.now(),
            evidence={"mail": hashlib.sha256(letter.arrived.id.encode()).hexdigest()[:24]},
            language=reading.language,
        )
        try:
            await self._confirmations.ask(letter.recipient, wish, APP, change_id=letter.change_id("erasure"))
        except (AskedAlready, Barred):
            return  # there is nothing to erase any more, or the question lies in their mailbox

    async def _say_what_stopped(self, letter: Letter, reading: Reading) -> None:
        new = [applied.entry for applied in await self._stop(letter, reading) if applied.created]
        original = letter.arrived.original.message_id or ""
        if new:
            await self._answering.stopped(
                letter.recipient,
                letter.address,
                letter.sender.name,
                reading.scope,
                new[0].id,
                language=reading.language,
                answers=message_id(original),
            )

    async def _review(self, letter: Letter, reading: Reading) -> None:
        wrote = Wrote(
            channel=Channel.EMAIL,
            sender=letter.sender.name,
            text=letter.text,
            at=self._store.now(),
            way=Way.MAILBOX,
            source=letter.source,
            message=letter.arrived.original.message_id or letter.arrived.id,
            to=letter.arrived.to.text,
            suggestion=reading.told,
            paused=stop_scopes.paused(Channel.EMAIL),
        )
        try:
            review = await self._reviews.open(
                letter.recipient, wrote, letter.change_id("review"), KEPT.total_seconds()
            )
        except Erased:
            review = None
        await self._record(letter, reading, review)

    async def _record(self, letter: Letter, reading: Reading, review: str | None) -> None:
        """That it came and what it was taken for; never its words."""
        record = Record(
            RecordKind.REVIEW_OPENED if review else RecordKind.RECEIVED,
            at=codec.milliseconds(self._store.now()),
            recipient=letter.recipient.key.hex(),
            exact=letter.recipient.exact,
            channel=Channel.EMAIL.value,
            sender=letter.sender.name,
            way=Way.MAILBOX.value,
            source=letter.source,
            actor=ACTOR,
            details={**reading.told, **({"review": review} if review else {})},
        )
        seen = letter.change_id("log")
        await self._store.log_record(letter.recipient.key, record, self._store.client.stops, seen=seen)


def _reading(letter: Letter, written: Written) -> Reading:
    """The subject of a reply is not the writer's: a stop that only it has is somebody else's word."""
    language = letter.sender.language
    reading = read_words(letter.text, language=language, kind="mail")
    if reading.verdict is not Verdict.STOP or not _REPLY.match(written.subject):
        return reading
    if read_words("\n\n" + written.text, language=language, kind="mail").verdict is Verdict.STOP:
        return reading
    return replace(reading, verdict=Verdict.UNCLEAR, rule=f"{reading.rule}/subject")


def _quoted(letter: Letter, written: Written, reading: Reading) -> Reading | None:
    """Words of a stop in what was quoted are not the writer's. With a question above them, or nothing, they may be
    what it is about: somebody must read it.
    """
    if not written.cut or (written.text and not any(mark in written.text for mark in "?？؟")):
        return None
    others = read_words(shown(letter.arrived.raw), language=letter.sender.language, kind="mail")
    if others.verdict not in (Verdict.STOP, Verdict.UNCLEAR):
        return None
    return Reading(Verdict.UNCLEAR, ScopeWord.CHANNEL, "quoted", reading.language)


def _names_others(letter: Letter) -> bool:
    """Whether they wrote of another address too: of an old one of theirs, or in somebody's name."""
    own = {letter.address.folded, letter.arrived.to.folded}
    for text in _ADDRESS.findall(letter.text):
        try:
            if parse_email(text).folded not in own:
                return True
        except UnusableAddress:
            continue
    return False
