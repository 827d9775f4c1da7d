"""What a row of a list is once it was read: a stop to record, or one that was rejected. Read once, then typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from suppression.address import Address
from suppression.decision import Reason
from suppression.errors import InvalidInput
from suppression.model import App, Scope, Sender
from suppression.purposes import Catalogue


@dataclass(frozen=True, slots=True)
class Terms:
    """What is stopped. `bound`: for the very address only."""

    scope: Scope
    reason: Reason
    until: datetime | None = None
    bound: bool = False


class Row(NamedTuple):
    """`number`: of its line, the first is 1."""

    number: int
    address: Address
    terms: Terms
    note: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """`text`: the row as it came, for nobody but who brought it; never in a log."""

    number: int
    reason: str
    text: str = field(repr=False)


class Given(NamedTuple):
    """A row's cells by what they mean, still as they were written; "" for what is not there."""

    address: str
    channels: str = ""
    purpose: str = ""
    sender: str = ""
    app: str = ""
    reason: str = ""
    note: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class House:
    """What rows may name. `own_sender`: an app brings stops for its own sender only; None for support."""

    catalogue: Catalogue
    senders: Mapping[str, Sender]
    apps: Mapping[str, App]
    now: datetime
    own_sender: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How a list is to be read, and what holds for rows that do not say it themselves.

    format    "" where its heading tells
    encoding  "" for what its first bytes tell, UTF-8 without any; "windows-1252"
    region    of phone numbers without a country's code, ISO 3166
    """

    format: str = ""
    encoding: str = ""
    channels: str = ""
    purpose: str = ""
    sender: str = ""
    reason: str = ""
    region: str = ""


class FileRefused(InvalidInput):
    """Nothing of it can be read: why is said in `str`, which holds nothing of the file."""

    @property
    def detail(self) -> str:
        return str(self)
