"""What a call says: the app's words or TwiML of the verbs allowed, and for marketing who calls and the way out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.links import Links
from suppression.address import Address
from suppression.model import Recipient, Sender


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of all senders."""

    senders: Mapping[str, Sender]
    links: Links
    recipient: Callable[[Address], Recipient]
