"""A list read row by row, each once: `Row` or `Rejected`, nothing held but the row at hand."""

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from gateway.imports.formats import FORMATS, TIGHTENS_ONLY, Meant, format_of
from gateway.imports.lines import Line, Lines
from gateway.imports.rows import FileRefused, Given, House, Options, Rejected, Row, Terms
from gateway.imports.tables import Cells, separator_of
from suppression.address import Address, Kind, parse_email, parse_phone
from suppression.decision import Reason
from suppression.errors import UnknownPurpose, UnusableAddress
from suppression.model import ALL, Channel, Scope

LONGEST_NOTE = 400
_MOST_TERMS = 4096
_LIST = re.compile(r"[\s,;+|/]+")
_REASONS = {
    **dict.fromkeys(("", "unsubscribed", "unsubscribe", "opted_out", "opt_out", "stop"), Reason.UNSUBSCRIBED),
    **dict.fromkeys(
        ("undeliverable", "bounced", "bounce", "hard_bounce", "hardbounce", "invalid", "cleaned"),
        Reason.UNDELIVERABLE,
    ),
    **dict.fromkeys(
        ("complained", "complaint", "spam", "spam_complaint", "spamcomplaint"), Reason.COMPLAINED
    ),
    "blocked": Reason.BLOCKED,
}
_LOOSENING = frozenset(
    [
        *("subscribed", "active", "opted_in", "opt_in", "optin", "consented", "consent", "confirmed"),
        *("double_opt_in", "resubscribed", "lifted", "reactivated", "pending"),
    ]
)
_HEADLESS_SES = re.compile(r'"?[^",;\s]+@[^",;\s]+"?[,;]\s*"?(?:BOUNCE|COMPLAINT)"?\s*', re.IGNORECASE)


def check_options(options: Options, house: House) -> None:
    """FileRefused for what no list can be read by."""
    if options.format and options.format not in FORMATS:
        raise FileRefused(f"format: one of {', '.join(FORMATS)}")
    if options.region and not re.fullmatch("[A-Za-z]{2}", options.region):
        raise FileRefused("region: two letters, as ISO 3166 has them")
    Reader(io.BytesIO(), options, house)


class Refused(Exception):
    """A row's cell that cannot be used; `str` is the reason, which holds nothing of the row."""


class Reader:
    """The rows of one file, once. FileRefused when nothing of it can be read.

    format, ignored   known when the first row was read: its name, and the columns that are not looked at
    """

    def __init__(self, file: BinaryIO, options: Options, house: House) -> None:
        self._lines = Lines(file, options.encoding)
        self._options = options
        self._house = house
        self._terms: dict[tuple[str | bool, ...], Terms | str] = {}
        self._region = options.region or None
        self._says_all = not any((options.channels, options.purpose, options.sender, options.reason))
        self._terms_of_file()
        self.format = options.format
        self.ignored: tuple[str, ...] = ()

    @property
    def place(self) -> int:
        """Bytes of the file that were read."""
        return self._lines.place

    def __iter__(self) -> Iterator[Row | Rejected]:
        first = next((line for line in self._lines if line.text.strip()), None)
        if first is None:
            raise FileRefused("an empty file")
        if first.fault:
            raise FileRefused(f"its first line is {first.fault}")
        if first.text.lstrip().startswith("{"):
            yield from self._of_objects(first)
        else:
            yield from self._of_cells(first)

    def _terms_of_file(self) -> None:
        """What was said of the whole list is right, or nothing of it is read."""
        made = self._make_terms(self._completed(Given("")), Kind.EMAIL)
        if isinstance(made, str):
            raise FileRefused(made)

    def _of_cells(self, first: Line) -> Iterator[Row | Rejected]:
        if _HEADLESS_SES.fullmatch(first.text):
            meant = self._meant(["emailaddress", "reason"])
            self._lines.put_back([first])
        elif self._is_address(first.text):  # a bare list of them
            meant = self._meant(["address"])
            self._lines.put_back([first])
        else:
            meant = self._meant(first.text.split(separator_of(first.text)))
        for found in Cells(self._lines, separator_of(first.text)):
            if isinstance(found, Rejected):
                yield found
                continue
            number, cells, text = found
            yield self._row(number, meant.of(cells), text)

    def _of_objects(self, first: Line) -> Iterator[Row | Rejected]:
        self._lines.put_back([first])
        meant = None
        for line in self._lines:
            if line.fault:
                yield Rejected(line.number, line.fault, line.text)
                continue
            if not line.text.strip():
                continue
            try:
                values = json.loads(line.text)
            except (ValueError, RecursionError):
                values = None
            if not isinstance(values, dict):
                yield Rejected(line.number, "no JSON object, or half of one", line.text)
                continue
            meant = meant or self._meant(list(values))
            yield self._row(line.number, meant.of_object(values), line.text)

    def _meant(self, heading: list[str]) -> Meant:
        meant = Meant(format_of(heading, self._options.format), heading)
        self.format, self.ignored = meant.format.name, meant.ignored
        return meant

    def _is_address(self, text: str) -> bool:
        try:
            self._address(text.strip().strip('"'))
        except UnusableAddress:
            return False
        return True

    def _address(self, text: str) -> Address:
        return parse_email(text) if "@" in text else parse_phone(text, self._region)

    def _row(self, number: int, given: Given | str, text: str) -> Row | Rejected:
        if isinstance(given, str):
            return Rejected(number, given, text)
        try:
            address = self._address(given.address.strip())
        except UnusableAddress as error:
            return Rejected(number, str(error) if given.address.strip() else "no address", text)
        terms = self._terms_for(given if self._says_all else self._completed(given), address.kind)
        if isinstance(terms, str):
            return Rejected(number, terms, text)
        return Row(number, address, terms, _note(given.note) if given.note else "")

    def _completed(self, given: Given) -> Given:
        """With what was said of the whole list where the row says nothing itself."""
        said = self._options
        return given._replace(
            channels=given.channels or said.channels,
            purpose=given.purpose or said.purpose,
            sender=given.sender or said.sender,
            reason=given.reason or said.reason,
        )

    def _terms_for(self, given: Given, kind: Kind) -> Terms | str:
        said = (*given[1:6], given.until, kind is Kind.EMAIL)
        known = self._terms.get(said)
        if known is None:
            if len(self._terms) >= _MOST_TERMS:
                self._terms.clear()
            known = self._terms[said] = self._make_terms(given, kind)
        return known

    def _make_terms(self, given: Given, kind: Kind) -> Terms | str:
        try:
            reason = _reason(given.reason, self._house)
            until = _until(given.until, self._house.now)
            channels = _channels(given.channels)
            if reason in {Reason.UNDELIVERABLE, Reason.COMPLAINED}:
                return self._of_address(given, reason, channels, until, kind)
            scope = Scope(channels, self._purpose(given.purpose), self._sender(given), self._app(given.app))
            return Terms(scope, reason, until)
        except Refused as refused:
            return str(refused)

    def _of_address(
        self, given: Given, reason: Reason, channels: frozenset[Channel], until: datetime | None, kind: Kind
    ) -> Terms:
        """Facts of an address on the channels that reach it, whatever it was written about."""
        own = frozenset({Channel.EMAIL}) if kind is Kind.EMAIL else frozenset({Channel.SMS})
        scope = Scope(channels or own, ALL, self._sender(given))
        return Terms(scope, reason, until, bound=reason is Reason.UNDELIVERABLE)

    def _purpose(self, path: str) -> str:
        try:
            return self._house.catalogue.node(path.strip() or ALL)
        except UnknownPurpose:
            raise Refused("no such purpose") from None

    def _sender(self, given: Given) -> str:
        name, own = given.sender.strip(), self._house.own_sender
        if own is not None:
            if name not in {"", own}:
                raise Refused("a sender that is not the app's own")
            return own
        if name in {"", ALL}:
            return ALL
        if name not in self._house.senders:
            raise Refused("no such sender")
        return name

    def _app(self, given: str) -> str:
        name, own = given.strip(), self._house.own_sender
        if name in {"", ALL}:
            return ALL
        app = self._house.apps.get(name)
        if app is None or (own is not None and app.sender != own):
            raise Refused("no such app")
        return name


def _reason(text: str, house: House) -> Reason:
    word = text.strip().lower().replace("-", "_").replace(" ", "_")
    if word in _LOOSENING:
        raise Refused(TIGHTENS_ONLY)
    reason = _REASONS.get(word)
    if reason is None:
        raise Refused("a reason that is not known")
    if reason is Reason.BLOCKED and house.own_sender is not None:
        raise Refused("only support may block")
    return reason


def _channels(text: str) -> frozenset[Channel]:
    """Empty for all."""
    names = [name for name in _LIST.split(text.strip().lower()) if name]
    if names in ([], [ALL], ["all"]):
        return frozenset()
    try:
        return frozenset(Channel(name) for name in names)
    except ValueError:
        raise Refused("no such channel") from None


def _until(text: str, now: datetime) -> datetime | None:
    if not text.strip():
        return None
    try:
        until = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused("until: a time as RFC 3339 has it, or a date") from None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)
    if until <= now:
        raise Refused("until: a pause ends in the future")
    return until


def _note(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:LONGEST_NOTE]
