"""What comes in, parsed once: field types with strict limits, then domain values. Nothing raw goes further."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from gateway.http.access import Caller
from gateway.http.doors import Doors
from gateway.http.problems import Forbidden, InvalidField
from suppression import address
from suppression.address import Address, Kind
from suppression.errors import UnknownPurpose, UnusableAddress
from suppression.model import Channel, Recipient, Sender
from suppression.purposes import Purpose

LONGEST_ADDRESS = 400
# RFC 3339 5.6, with the seconds that a clock of ours can show.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")


def _moment(value: Any) -> Any:
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("A time is written as RFC 3339 has it: 2026-11-24T18:00:00Z.")
    # Python reads at most six digits of a fraction.
    text = re.sub(r"(\.\d{6})\d+", r"\1", value.upper())
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such time.") from None


def _plain(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("Control characters have no place in this text.")
    return value


Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str)]
AddressText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ADDRESS)]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^(\*|[A-Za-z0-9][A-Za-z0-9._-]*)$")
]
PurposePath = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Plain = Annotated[str, AfterValidator(_plain)]
Words = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_plain)]
SomeWords = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True), AfterValidator(_plain)
]
EvidenceKey = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_plain)]
EvidenceFields = Annotated[Mapping[EvidenceKey, Words], Field(min_length=1, max_length=32)]
Channels = Annotated[list[Channel], Field(min_length=1, max_length=len(Channel))]


class Body(BaseModel):
    """A request's body: what we do not know is refused, nothing is converted behind the caller's back."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=False
    )


def plus_restored(text: str) -> str:
    """In a query a leading blank is a "+" that form decoding took (INTERFACE)."""
    return "+" + text[1:] if text.startswith(" ") else text


def address_of(text: str, pointer: str, channel: Channel | None = None) -> Address:
    """The one place of this package where text becomes an address."""
    try:
        return address.parse(text, None if channel is Channel.AUDIENCE else channel)
    except UnusableAddress:
        raise InvalidField(pointer, "Not a usable address.") from None


def recipient_of(doors: Doors, text: str, pointer: str) -> Recipient:
    return doors.recipient(address_of(text, pointer))


def leaf(doors: Doors, path: str, pointer: str) -> Purpose:
    """A purpose that messages are sent for."""
    try:
        return doors.catalogue().find(path)
    except UnknownPurpose:
        raise InvalidField(pointer, "No such purpose.") from None


def node(doors: Doors, path: str, pointer: str) -> str:
    """Any node of the purpose tree, or "*"."""
    try:
        return doors.catalogue().node(path)
    except UnknownPurpose:
        raise InvalidField(pointer, "No such purpose.") from None


def sender_named(doors: Doors, caller: Caller, name: str, pointer: str) -> Sender:
    """A configured sender; the key of an app may name its own only."""
    if not caller.sees(name):
        raise Forbidden("This key may only name its own sender.")
    if name not in doors.senders:
        raise InvalidField(pointer, "No such sender.")
    return doors.senders[name]


def channel_set(channels: Sequence[Channel] | None) -> frozenset[Channel]:
    """Of a scope: empty for all."""
    return frozenset(channels or ())


def check_channels(recipient: Recipient, channels: frozenset[Channel], pointer: str) -> None:
    """A consent by phone number cannot be one to mail, and the other way about."""
    reachable = (
        {Channel.EMAIL, Channel.AUDIENCE}
        if recipient.address is not None and recipient.address.kind is Kind.EMAIL
        else {Channel.SMS, Channel.VOICE, Channel.AUDIENCE}
    )
    if not channels <= reachable:
        raise InvalidField(pointer, "This address cannot be reached on these channels.")
