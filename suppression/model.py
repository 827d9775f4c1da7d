"""The nouns of the domain: what we know of a recipient, and what is asked of us.

All are values: frozen, hashable where they can be, without behaviour beyond what their own fields answer.
Times are aware datetimes in UTC. `order` is the id of the log record that wrote a fact
("<milliseconds>-<sequence>", the store's own): the order of commits, never a time an app gave.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from suppression.address import Address
from suppression.decision import Reason
from suppression.purposes import Purpose

ALL = "*"
MINIMUM_AGE = 13  # years, where a sender sets none


def position(order: str) -> tuple[int, int]:
    """An order ("<milliseconds>-<sequence>") as what can be compared: larger was committed later."""
    ms, _, seq = order.partition("-")
    return int(ms or 0), int(seq or 0)


class Channel(StrEnum):
    __hash__ = str.__hash__  # Enum's own is slow, and every decision asks for many

    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"
    AUDIENCE = "audience"  # for checks only: nothing is sent on it


class Way(StrEnum):
    """By which way a stop came."""

    ONE_CLICK = "one_click"
    LINK = "link"
    PREFERENCES = "preferences"
    MAILTO = "mailto"
    MAILBOX = "mailbox"
    SMS = "sms"
    KEY_PRESS = "key_press"
    PHONE_LINE = "phone_line"
    APP_REMOVED = "app_removed"
    AGENT = "agent"
    PROVIDER = "provider"
    IMPORT = "import"


class Basis(StrEnum):
    """On what a consent rests."""

    OPT_IN = "opt_in"
    OPT_IN_WRITTEN = "opt_in_written"
    DOUBLE_OPT_IN = "double_opt_in"
    SOFT_OPT_IN = "soft_opt_in"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Scope:
    """Channels x purpose prefix x sender x app; "*" (or no channel named) means all."""

    channels: frozenset[Channel] = frozenset()  # empty: all channels
    purpose: str = ALL
    sender: str = ALL
    app: str = ALL

    def covers(self, channel: Channel, purpose: str, sender: str, app: str) -> bool:
        """Whether a message on this channel, for this purpose path, by this sender and app falls under it."""
        return (
            (not self.channels or channel in self.channels)
            and self.covers_purpose(purpose)
            and self.sender in (ALL, sender)
            and self.app in (ALL, app)
        )

    def covers_purpose(self, path: str) -> bool:
        """A node covers itself and all below it."""
        return self.purpose in (ALL, path) or path.startswith(self.purpose + "/")

    @property
    def specificity(self) -> tuple[int, int, int, int]:
        """Larger is narrower: the most specific entry is the one that a refusal names."""
        depth = 0 if self.purpose == ALL else 1 + self.purpose.count("/")
        return (depth, -len(self.channels) if self.channels else -99, self.sender != ALL, self.app != ALL)


@dataclass(frozen=True, slots=True)
class Suppression:
    """A stop, or another fact that stands against sending (undeliverable, complained, erased, blocked).

    id       12 hex digits, from its identity: (recipient, scope, reason, way, source, batch), and exact where bound
    source   the program or page it came through: "unsubscribe", "api", an app's name
    actor    who did it: "recipient", a key's id, an agent's name
    exact    keyed hash of the exact address, for facts of one address (undeliverable, invalid); else None
    """

    id: str
    scope: Scope
    reason: Reason
    way: Way
    source: str
    actor: str
    at: datetime
    order: str
    until: datetime | None = None
    batch: str = ""
    exact: str | None = None

    def in_force(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Consent:
    """A recipient's yes for a scope of one named sender; holds for the exact address only.

    direct     taken by the gateway itself from the recipient: overrides `unsubscribed` entries before it
    overrides  ids of the entries that the caller named, with evidence
    withdrawn  when it was withdrawn; it then allows nothing any more
    """

    id: str
    scope: Scope
    basis: Basis
    source: str
    actor: str
    at: datetime
    order: str
    exact: str
    expires: datetime | None = None
    direct: bool = False
    overrides: frozenset[str] = frozenset()
    withdrawn: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        return self.withdrawn is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address under its keys. `key`: 16 bytes, keyed hash of the folded address. `exact`: 16 hex digits,
    keyed hash of the exact address. `address` is None where only the key is known (a token, a log record).
    """

    key: bytes
    exact: str
    address: Address | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a cap has counted of a recipient: the latest messages, with their times in milliseconds, oldest first."""

    cap: str
    messages: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the store knows about one recipient, read in one round trip.

    version      id of the last change's log record; "" for somebody nothing is known of
    generation   of the catalogue and lists that the shard had when it was read
    person       key of the person that the recipient belongs to (hex); None for nobody's
    zone         IANA time zone that the recipient is known to live in
    country      ISO 3166 alpha-2; language: BCP 47, "en", "pt-BR"
    recent       ids of the last 6 log records, newest last
    listed       names of the registers and lists in force that have the recipient
    counted      what caps have counted
    waiting      how many entries the recipient has in the outbox
    """

    version: str = ""
    generation: str = ""
    suppressions: tuple[Suppression, ...] = ()
    consents: tuple[Consent, ...] = ()
    birth_year: int | None = None
    child: bool = False
    person: str | None = None
    zone: str | None = None
    country: str | None = None
    language: str | None = None
    lifted: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    listed: frozenset[str] = frozenset()
    counted: tuple[Counted, ...] = ()
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class App:
    """A program with credentials. `purposes`: prefixes it may use ("*" for all); `channels`: empty for all.

    on_refusal  "answer": a mail's recipient whom a rule refuses is answered so; "discard": as if it were taken
    """

    name: str
    sender: str
    purposes: tuple[str, ...] = (ALL,)
    channels: frozenset[Channel] = frozenset()
    default_purpose: str | None = None
    purpose_from: str = "credential"  # or "header"
    may_resubscribe: bool = False
    on_refusal: str = "answer"


@dataclass(frozen=True, slots=True)
class Request:
    """One app wanting to reach one recipient on one channel for one purpose at one time."""

    app: App
    channel: Channel
    purpose: Purpose
    recipient: Recipient
    at: datetime
    legal_notice: str = ""  # the app's reference, where it marks the message as a legal notice
    minimum_age: int = MINIMUM_AGE
    system: bool = False  # the gateway's own answer (a DSN, a confirmation): `system/*` is for it alone
    message: str | None = ""  # by which caps know it again; "" for a new one, None while that is not known
    answers: str = ""  # of an own answer: id of the entry, or of the message, that it answers


Evidence = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SoftOptIn:
    """What follows from an order: a consent to these purposes (similar products), for so many months."""

    purposes: tuple[str, ...]
    months: int


@dataclass(frozen=True, slots=True)
class TextSettings:
    """How a sender's texts go. Phone numbers are in E.164.

    numbers        it may text from; the first is used where no service is named
    service        messaging service at the provider (MG...); "" for none
    opt_out        what the provider does itself with STOP: "default" (blocks and answers), "advanced" (and says so:
                   OptOutType), "off" (nothing: the gateway answers)
    max_segments   longer texts are refused
    transliterate  write what GSM-7 lacks as what it has, where that keeps a text from going in UCS-2
    hint           own wording of the opt-out hint; None for the shipped one in the recipient's language
    link_hint_countries  where replies are impossible: the hint is a link there
    """

    numbers: tuple[str, ...] = ()
    service: str = ""
    opt_out: str = "default"
    max_segments: int = 6
    transliterate: bool = False
    hint: str | None = None
    link_hint_countries: frozenset[str] = frozenset({"IN"})


@dataclass(frozen=True, slots=True)
class CallSettings:
    """How a sender's calls go. Phone numbers are in E.164.

    numbers         it may call from; the first is used
    opt_out_line    toll-free number that is answered with the opt-out menu
    identity        who calls, as it is said first; "" for the sender's title
    voice, language of Say; "" for the provider's own voice, and for the sender's language
    ring_seconds    how long it may ring
    per_second      calls begun a second, at most
    detect_machine  ask for answering machines, in the background, to play them their own text
    play_hosts      hosts that Play may name
    dial_numbers    numbers of the sender's own that a transactional call may be put through to
    """

    numbers: tuple[str, ...] = ()
    opt_out_line: str = ""
    identity: str = ""
    voice: str = ""
    language: str = ""
    ring_seconds: int = 25
    per_second: float = 1.0
    detect_machine: bool = False
    play_hosts: tuple[str, ...] = ()
    dial_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """A brand or partner in whose name messages go.

    from_domains   domains its mail may come from when we rewrite it; ("*",) for any (dev only)
    list_domain    the domain of List-Id and of the links' owner, "example.com"
    one_click_stops  "purpose", or "marketing": what the one-click header stops
    from_address   From of the gateway's own mails in its name
    language       of pages and footers, where the reader's is not known
    logo_url, colour  of its pages: an https URL, "#rrggbb"; "" for none
    soft_opt_in    what an app's `order` gives; None: nothing
    return_path    "ours": bounces of mail with a way out come to the gateway, where mail comes in; or "keep"
    opt_out_mailbox, deliver_to  address at which people say stop by mail, and where all mail to it is relayed
    texts, calls   how they go; None: it sends none
    """

    name: str
    title: str
    postal_address: str = ""
    from_domains: tuple[str, ...] = ()
    list_domain: str = ""
    support_phone: str = ""
    minimum_age: int = MINIMUM_AGE
    one_click_stops: str = "purpose"
    from_address: str = ""
    language: str = "en"
    logo_url: str = ""
    colour: str = ""
    soft_opt_in: SoftOptIn | None = None
    return_path: str = "ours"
    opt_out_mailbox: str = ""
    deliver_to: str = ""
    texts: TextSettings | None = None
    calls: CallSettings | None = None
