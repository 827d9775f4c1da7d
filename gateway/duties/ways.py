"""What a dispatcher needs of a sender's provider, and what an answer says of the way to it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from channels.carrier import Carriers, Outcome, Postponed, Unknown
from channels.sms.message import Text
from channels.twilio.carriers import NOT_REACHED
from channels.twilio.outcomes import Breaker, Effect, find
from channels.voice.message import Call
from gateway.duties.breaker import Verdict


class Found(Protocol):
    """Something that the provider has, and that may be what we lost sight of."""

    @property
    def sid(self) -> str: ...


class Lookup(Protocol):
    """See channels.twilio.lookup."""

    async def find(
        self, number: str, since: datetime, until: datetime, *, sender: str = "", body: str | None = None
    ) -> Sequence[Found]: ...

    async def find_calls(
        self, number: str, since: datetime, until: datetime, *, sender: str = ""
    ) -> Sequence[Found]: ...


@dataclass(frozen=True, slots=True)
class Way:
    """One sender's way out.

    texts, calls  their carriers; None: it sends none
    lookup        where an answer that was lost is looked for; None where none gets lost
    cancel        a call that waits at the provider; its state after that
    """

    texts: Carriers[Text] | None = None
    calls: Carriers[Call] | None = None
    lookup: Lookup | None = None
    cancel: Callable[[str], Awaitable[str]] | None = None


def judge(outcome: Outcome) -> Verdict:
    """Whether the way out is at fault, whatever became of the message."""
    match outcome:
        case Unknown():
            return Verdict.FAULT
        case Postponed(status=status) if status == NOT_REACHED:
            return Verdict.FAULT
        case Postponed(status=Effect.RETRY):
            return Verdict.BUSY
        case Postponed(status=Effect.CONFIGURATION, code=code):
            # A code that concerns some recipients only (a country that is not enabled) does not hold back the others.
            some_only = code >= 10_000 and find(code).breaker is Breaker.NONE
            return Verdict.FINE if some_only else Verdict.FAULT
        case _:
            return Verdict.FINE
