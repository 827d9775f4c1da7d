"""All that this package needs of the rest, as one value that wiring fills.

Nothing here knows how it is done: these protocols are the seam, and the tests run over a
hand-made fake of them and over the real ones alike. Every method raises StoreUnavailable when the store does
not answer in time.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.archive.questions import Question
from gateway.confirmations.confirming import Asked
from gateway.confirmations.wishes import Pending, Wish
from gateway.http.sandbox.box import Sandbox
from gateway.http.sends import Sends
from gateway.http.twilio.hooks import Hooks
from gateway.imports.importing import Importing
from gateway.inbound.provider_events import MailHooks
from gateway.links import ConfirmLink
from gateway.roads.audiences import Audiences
from gateway.roads.events import Events
from gateway.roads.exporting import Exporting
from gateway.roads.help_desk import HelpDesk
from gateway.roads.pipeline import Ask
from gateway.roads.reviews import Reviewing
from gateway.roads.roster import Roster
from gateway.state.api_keys import ApiKey
from suppression.address import Address
from suppression.decision import Decision, Reason, RuleVerdict
from suppression.model import (
    App,
    Basis,
    Channel,
    Consent,
    Evidence,
    Facts,
    Recipient,
    Scope,
    Sender,
    Suppression,
    Way,
)
from suppression.purposes import Catalogue
from suppression.records import Record
from suppression.store.newest import Part

Entry = Suppression | Consent


class Deciding(Protocol):
    """`gateway.roads.pipeline.Pipeline`, as far as HTTP asks it."""

    async def decide_and_record(
        self, ask: Ask, *, change_id: str | None = None
    ) -> tuple[Decision, str, datetime]:
        """Decides now, counts and logs it: the decision, its record's id, and when it was made.

        A `change_id` seen before gets all three as they were then: a repeat does not make a Send good for longer.
        """
        ...

    async def would(self, ask: Ask, at: datetime | None = None) -> Decision:
        """What would be decided at `at`; nothing is logged or counted."""
        ...

    async def explain(self, ask: Ask) -> tuple[Decision, Sequence[RuleVerdict]]: ...


class Applied(Protocol):
    """A change that is stored durably (`suppression.store.apply.Applied`)."""

    @property
    def handle(self) -> str:
        """The entry's id for the outside."""
        ...

    @property
    def entry(self) -> Entry: ...
    @property
    def created(self) -> bool:
        """It was not known before; the answer to a repeated `change_id` is the first one's."""
        ...

    @property
    def record_id(self) -> str: ...
    @property
    def facts(self) -> Facts:
        """The recipient's, as this change found them."""
        ...


class Changing(Protocol):
    """`gateway.roads.changes.Changes`: each call is one atomic step with its log record, durable when it answers.

    A `change_id` is made before the first try; seen again, it gives the stored result and changes nothing.
    """

    async def suppress(
        self,
        recipient: Recipient,
        scope: Scope,
        *,
        reason: Reason,
        way: Way,
        source: str,
        actor: str,
        note: str = "",
        until: datetime | None = None,
        change_id: str | None = None,
    ) -> Applied: ...

    async def lift(
        self,
        handle: str,
        *,
        actor: str,
        reason: str,
        evidence: Evidence,
        order: str | None = None,
        change_id: str | None = None,
    ) -> Applied:
        """`order`: only the entry as it was at that commit. NotFound, or Conflict for what is not lifted."""
        ...

    async def consent(
        self,
        recipient: Recipient,
        scope: Scope,
        *,
        basis: Basis,
        source: str,
        actor: str,
        at: datetime,
        evidence: Evidence,
        expires: datetime | None = None,
        overrides: Iterable[str] = (),
        direct: bool = False,
        change_id: str | None = None,
    ) -> Applied:
        """`overrides`: handles of entries of this recipient; NotFound for any other."""
        ...

    async def withdraw(self, handle: str, *, actor: str, change_id: str | None = None) -> Applied: ...

    async def blocked_by(self, recipient: Recipient, consent: Consent) -> Sequence[Suppression]:
        """The stops in force that this consent does not override."""
        ...

    async def claim(self, key: str, body_hash: str) -> None:
        """Keeps for 24 h which body a key came with. IdempotencyMismatch when it was another one."""
        ...

    async def claimed(self, key: str, body_hash: str) -> bool:
        """Whether it was claimed; nothing is kept. IdempotencyMismatch as with `claim`."""
        ...


class Held(Protocol):
    """An entry with whose it is."""

    @property
    def recipient(self) -> Recipient: ...
    @property
    def entry(self) -> Entry: ...


class MessageHistory(Protocol):
    """What became of one message. `to`: the sealed address, where it is still kept."""

    @property
    def id(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def to(self) -> str | None: ...
    @property
    def history(self) -> tuple[Record, ...]: ...


class Reading(Protocol):
    """The store's readers."""

    async def facts(self, recipient: Recipient) -> Facts: ...

    async def records(self, recipient: Recipient) -> Sequence[Record] | None:
        """The last records of a recipient, oldest first. None: they are archived, and the archive cannot be asked."""
        ...

    async def log(self, question: Question, limit: int) -> Part:
        """Newest first. NotFound for a `before` that no part said."""
        ...

    async def decision(self, record_id: str) -> Sequence[Record]:
        """A record and those that name it as their decision, oldest first; none for an unknown id."""
        ...

    async def entry(self, handle: str) -> Held | None: ...

    async def message(self, message_id: str) -> MessageHistory | None: ...

    async def ready(self) -> None:
        """Answers when the store does and is ours; raises StoreUnavailable otherwise."""
        ...


class Link(Protocol):
    """`suppression.token.Token`, parsed: whose link it is and what it is about."""

    @property
    def kind(self) -> str:
        """`header` or `body`."""
        ...

    @property
    def recipient(self) -> Recipient: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def purpose(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def app(self) -> str: ...


class Confirming(Protocol):
    """`gateway.confirmations.confirming.Confirmations`: questions to a recipient's own address."""

    async def ask(self, recipient: Recipient, wish: Wish, app: str, *, change_id: str | None = None) -> Asked:
        """Barred, AskedAlready; Unavailable when the question cannot be put now."""
        ...

    async def cancel(self, handle: str, actor: str, sees: Callable[[str], bool]) -> Consent | None:
        """The consent that waited under this handle, and now never will be one; None: none that `sees` lets be seen."""
        ...

    async def look(self, link: ConfirmLink) -> Pending | None: ...

    async def confirm(self, link: ConfirmLink, click: Evidence) -> Pending:
        """The recipient's word, pressed on the page. NotFound, Barred."""
        ...


class Erasing(Protocol):
    """`gateway.roads.changes.Changes.erase`."""

    async def __call__(
        self, recipient: Recipient, *, way: Way, source: str, actor: str, change_id: str | None = None
    ) -> Applied: ...


@dataclass(frozen=True, slots=True)
class Subjects:
    """The roads of what concerns all of a human: who belongs together, erasure, export, events of apps."""

    roster: Roster
    erase: Erasing
    exporting: Exporting
    events: Events


class KeyFinder(Protocol):
    async def find(self, secret: str) -> ApiKey | None: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What wiring hands to `create_app`.

    recipient    `Keyring.recipient`
    handle       the outside's id of an entry of a recipient
    link         `TokenKeys.parse` with its recipient; InvalidToken for anything else
    confirm_link the same for the link in a question; address: a recipient's, where it is kept
    record_view  a GET, HEAD or OPTIONS of a link, for the log
    clock        the gateway's time: real, but for the sandbox clock's offset
    largest_list bytes of a list that is imported
    patience     seconds that a click waits for a body that was announced and does not come
    form_key     at least 32 bytes, the same for all workers: signs what an undo button carries, and answers to doctor
    """

    keys: KeyFinder
    apps: Mapping[str, App]
    senders: Mapping[str, Sender]
    catalogue: Callable[[], Catalogue]
    recipient: Callable[[Address], Recipient]
    handle: Callable[[Recipient, Entry], str]
    deciding: Deciding
    changes: Changing
    reading: Reading
    link: Callable[[str], Link]
    confirm_link: Callable[[str], ConfirmLink]
    confirmations: Confirming
    address: Callable[[bytes], Awaitable[Address | None]]
    record_view: Callable[[Link, str], Awaitable[None]]
    clock: Callable[[], datetime]
    form_key: bytes = field(repr=False)
    sandbox: Sandbox | None = None
    subjects: Subjects | None = None
    audiences: Audiences | None = None
    importing: Importing | None = None
    largest_list: int = 2 << 30
    mail_hooks: MailHooks | None = None
    sends: Sends | None = None
    hooks: Hooks | None = None
    reviewing: Reviewing | None = None
    patience: float = 5.0
    help_desk: HelpDesk | None = None
