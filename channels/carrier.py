"""What every way out has in common: a Carrier sends a message on a Permit and says what the next hop said."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from suppression.store.permit import Permit


@dataclass(frozen=True, slots=True)
class Sent:
    """The next hop took it. `text`: its words without addresses; `reference`: its id (queue id, SID)."""

    text: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The next hop will never take it. `code`: SMTP code or provider's; `status`: enhanced code, "5.1.1"."""

    code: int
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """The next hop says: try again later."""

    code: int
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken; its answer did not reach us."""

    text: str


Outcome = Sent | Rejected | Postponed | Unknown

M_contra = TypeVar("M_contra", contravariant=True)


class WrongMessage(RuntimeError):
    """A permit for one message was offered for another."""


def check_message(message_id: str, permit: Permit) -> None:
    """Every carrier's first step: a permit is good for the message that was decided, and no other."""
    if message_id != permit.message:
        raise WrongMessage(permit.decision_id)


class Carrier(Protocol[M_contra]):
    """One ready way out (for mail: a connection with TLS and AUTH done)."""

    async def send(self, message: M_contra, permit: Permit) -> Outcome:
        """Send to the permit's recipient, never to another. Redeems the permit right before the hand-over
        begins; raises PermitExpired if that comes too late (nothing was handed over then).
        """
        ...


class Carriers(Protocol[M_contra]):
    """Where ready carriers come from."""

    def ready(self) -> AbstractAsyncContextManager[Carrier[M_contra]]:
        """A carrier that could send at once; raises CarrierUnavailable when there is none to be had."""
        ...

    async def close(self) -> None: ...
