"""One copy to one recipient: a ready connection and the composed message, then the permit, the hand-over, the log."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol, assert_never

from channels.carrier import Carrier, Carriers, Outcome, Postponed, Rejected, Sent, Unknown
from channels.email.mail import Mail
from gateway.metrics import observed
from gateway.roads import handing_over
from gateway.roads.pipeline import Ask, Refused
from gateway.smtp import replies
from gateway.smtp.recipients import Peek, refusal
from gateway.smtp.replies import Reply
from gateway.smtp.trouble import tell
from suppression.decision import Refuse
from suppression.errors import CarrierUnavailable, StoreUnavailable
from suppression.purposes import Catalogue
from suppression.store.hand_over import HandOver, InProgress, Settled
from suppression.store.permit import Permit, PermitExpired

_TRIES = 3  # permits that may grow too old between commit and DATA, before the app is told to try again

_NO_CARRIER = Reply(451, "4.4.1", "Next hop cannot be reached, try again later")
_TOO_SLOW = Reply(451, "4.4.1", "Next hop is too slow, try again later")
_LOST = Reply(451, "4.4.2", "Next hop's answer was lost, try again later")


class MailPipeline(Peek, Protocol):
    """The pipeline, as far as mail needs it."""

    @property
    def catalogue(self) -> Catalogue: ...

    async def refuse(self, ask: Ask, refusal: Refuse, details: Mapping[str, str]) -> Refused: ...

    async def permit(self, ask: Ask, hand_over: HandOver) -> Permit | Refused | InProgress | Settled: ...

    async def settle(self, ask: Ask, permit: Permit, hand_over: HandOver, outcome: Outcome) -> None: ...

    async def remember(self, ask: Ask, hand_over: HandOver) -> None: ...

    async def forget(self, ask: Ask, hand_over: HandOver) -> None: ...

    async def list_message(self, message: str, decision_ids: list[str]) -> None: ...


class State(Enum):
    SENT = "sent"
    REJECTED = "rejected"  # by the next hop, for good
    REFUSED = "refused"  # by a rule
    OPEN = "open"  # may go later: postponed, deferred, undecidable, unknown


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy, before it is composed."""

    ask: Ask
    hand_over: HandOver


@dataclass(frozen=True, slots=True)
class Result:
    """`reply`: what this copy alone would be answered. `logged`: its outcome is, and a resend will find it."""

    copy: Copy
    state: State
    reply: Reply
    decision_id: str = ""
    logged: bool = False
    settled_before: bool = False


class Relay:
    """Hands copies over."""

    def __init__(self, pipeline: MailPipeline, carriers: Carriers[Mail]) -> None:
        self._pipeline = pipeline
        self._carriers = carriers

    async def hand_over(self, copy: Copy, mail: Mail) -> Result:
        try:
            async with self._carriers.ready() as carrier:
                return await self._through(carrier, copy, mail)
        except CarrierUnavailable:
            observed.unreachable(copy.ask.channel.value)
            return Result(copy, State.OPEN, _NO_CARRIER)
        except StoreUnavailable:
            return Result(copy, State.OPEN, replies.STORE_AWAY)

    async def _through(self, carrier: Carrier[Mail], copy: Copy, mail: Mail) -> Result:
        for _ in range(_TRIES):
            answer = await self._pipeline.permit(copy.ask, copy.hand_over)
            if not isinstance(answer, Permit):
                return _without_permit(copy, answer)
            try:
                outcome = await handing_over.send(carrier, mail, answer, copy.ask.channel)
            except PermitExpired:  # nothing was handed over
                copy = await self._again(copy, answer)
                continue
            return await self._settle(copy, answer, outcome)
        return Result(copy, State.OPEN, _TOO_SLOW)

    async def _again(self, copy: Copy, permit: Permit) -> Copy:
        """Another attempt: the same one would be answered with the old permit."""
        await self._pipeline.settle(
            copy.ask, permit, copy.hand_over, Postponed(451, "4.4.7", "too late for its permit")
        )
        return replace(copy, hand_over=replace(copy.hand_over, attempt=secrets.token_hex(8)))

    async def _settle(self, copy: Copy, permit: Permit, outcome: Outcome) -> Result:
        """What the hop said stands, logged or not: its record ends as `unknown` then (promise 4)."""
        result = _result(copy, permit.decision_id, outcome)
        try:
            await self._pipeline.settle(copy.ask, permit, copy.hand_over, outcome)
        except StoreUnavailable as error:
            tell("mail_outcome_not_logged", error, decision=permit.decision_id, state=result.state.value)
            return result
        return replace(result, logged=True)


def _without_permit(copy: Copy, answer: Refused | InProgress | Settled) -> Result:
    match answer:
        case Refused():
            state = State.OPEN if answer.waitable else State.REFUSED
            return Result(copy, state, refusal(answer), answer.decision_id, logged=True)
        case InProgress():
            return Result(copy, State.OPEN, replies.IN_PROGRESS, answer.decision_id)
        case Settled(state="sent"):
            said = replies.taken(answer.decision_id, answer.text)
            return Result(copy, State.SENT, said, answer.decision_id, logged=True, settled_before=True)
        case Settled():
            said = replies.hop_said(answer.code, answer.status, answer.text)
            return Result(copy, State.REJECTED, said, answer.decision_id, logged=True, settled_before=True)
    assert_never(answer)


def _result(copy: Copy, decision_id: str, outcome: Outcome) -> Result:
    match outcome:
        case Sent():
            return Result(copy, State.SENT, replies.taken(decision_id, outcome.text), decision_id)
        case Rejected():
            said = replies.hop_said(outcome.code, outcome.status, outcome.text)
            return Result(copy, State.REJECTED, said, decision_id)
        case Postponed():
            said = replies.hop_said(outcome.code, outcome.status, outcome.text)
            return Result(copy, State.OPEN, said, decision_id)
        case Unknown():
            return Result(copy, State.OPEN, _LOST, decision_id)
    assert_never(outcome)


def one_reply(results: list[Result], message: str) -> Reply:
    """DESIGN "One reply for N copies": anything open: again; else anything sent: taken; else the first no."""
    for state in (State.OPEN, State.SENT):
        found = [result for result in results if result.state is state]
        if found and state is State.SENT and len(results) > 1:
            return replies.taken(message, found[0].reply.text.partition(" ")[2])
        if found:
            return found[0].reply
    return results[0].reply
