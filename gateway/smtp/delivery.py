"""One message to N recipients, after the final dot.

read -> purpose -> how copies look -> each copy: compose, permit, hand over, settle -> one reply -> reports
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from channels.carrier import Carriers
from channels.email.compose import Original
from channels.email.mail import Mail
from gateway.smtp import purposes, replies
from gateway.smtp.budget import Budget
from gateway.smtp.composing import Composer, Composition
from gateway.smtp.copies import Copy, MailPipeline, Relay, Result, State, one_reply
from gateway.smtp.limits import Limits
from gateway.smtp.marks import Mark
from gateway.smtp.recipients import discards
from gateway.smtp.replies import Reply
from gateway.smtp.reports import Reports
from gateway.smtp.signers import one_from_domain
from gateway.smtp.submission import Submission
from gateway.smtp.trouble import tell
from suppression.decision import Reason, Refuse
from suppression.errors import StoreUnavailable
from suppression.model import App
from suppression.purposes import Purpose
from suppression.store.ways_back import WayBack

_BESIDE = (
    512 * 1024
)  # bytes from which a message is parsed and composed beside the loop, for which others wait

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Delivered:
    """The reply, and what became of the copies."""

    reply: Reply
    results: Sequence[Result] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A message that may be relayed. `message`: its id, where it has several copies."""

    submission: Submission
    original: Original
    composition: Composition
    copies: tuple[Copy, ...]
    message: str


class WaysBack(Protocol):
    """Where ways back are kept."""

    async def keep(self, way: WayBack) -> None: ...


@dataclass(frozen=True, slots=True)
class Foreign:
    """A message that its app's sender may not send, by its From domain."""

    copies: tuple[Copy, ...]
    from_domain: str


class Delivery:
    """What the front does with a message. `ways_back`: needed where mail comes in."""

    def __init__(
        self,
        pipeline: MailPipeline,
        carriers: Carriers[Mail],
        composer: Composer,
        limits: Limits,
        ways_back: WaysBack | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._composer = composer
        self._limits = limits
        self._relay = Relay(pipeline, carriers)
        self._reports = Reports(self._relay, composer)
        self._ways_back = ways_back

    async def deliver(self, submission: Submission) -> Delivered:
        if not submission.recipients:  # all were discarded
            return Delivered(replies.taken(submission.discarded[0], ""))
        plan = await _beside(self._plan, submission, len(submission.content))
        if isinstance(plan, Reply):
            return Delivered(plan)
        if isinstance(plan, Foreign):
            return Delivered(await self._refused(plan))
        if not await self._can_come_back(plan):
            return Delivered(replies.STORE_AWAY)
        results = await self._all(plan)
        reply = one_reply(_told(submission.app, results), plan.message)
        if reply.code == 250:
            return await self._taken(plan, reply, results)
        if reply.code // 100 == 5:
            await self._forget(results)
        return Delivered(reply, results)

    async def remember(self, delivered: Delivered) -> None:
        """The message will come again as a whole: know its settled copies then."""
        try:
            for result in delivered.results:
                if result.state in (State.SENT, State.REJECTED):
                    await self._pipeline.remember(result.copy.ask, result.copy.hand_over)
        except StoreUnavailable as error:  # half an hour is what they are known anyway
            tell("mail_not_remembered", error)

    # Reading

    def _plan(self, submission: Submission) -> Plan | Foreign | Reply:
        original = Original.parse(submission.content)
        if original.received_count > self._limits.hops:
            return replies.LOOP
        notice = submission.sender is None or original.is_automatic
        if notice and len(submission.recipients) > 1:
            return replies.ONE_AUTOMATIC
        purpose = self._purpose(original, submission, notice=notice)
        if isinstance(purpose, Reply):
            return purpose
        mark = Mark.of(original, submission, purpose)
        copies = tuple(mark.copies(submission, purpose, original.legal_notice or "", system=notice))
        composition = self._composer.begin(original, submission, purpose, mark.message)
        if composition is replies.FOREIGN_FROM:
            return Foreign(copies, one_from_domain(original) or "")
        if isinstance(composition, Reply):
            return composition
        return Plan(submission, original, composition, copies, mark.message)

    def _purpose(self, original: Original, submission: Submission, *, notice: bool) -> Purpose | Reply:
        catalogue = self._pipeline.catalogue
        if notice:
            return purposes.notice(catalogue)
        return purposes.after_data(catalogue, submission.app, submission.purpose, original.purpose_header)

    async def _can_come_back(self, plan: Plan) -> bool:
        """Whether it is stored to whom the copies' bounces go, where they come to us."""
        way = plan.composition.way_back
        if way is None or self._ways_back is None:
            return way is None
        try:
            await self._ways_back.keep(way)
        except StoreUnavailable:
            return False
        return True

    async def _refused(self, foreign: Foreign) -> Reply:
        """Each recipient's log says why nothing came; the reply names the first record."""
        details = {"from_domain": foreign.from_domain}
        refusal = Refuse(Reason.NOT_PERMITTED, "access")
        try:
            refused = [await self._pipeline.refuse(copy.ask, refusal, details) for copy in foreign.copies]
        except StoreUnavailable:
            return replies.STORE_AWAY
        return replies.refused(refusal.reason, refused[0].decision_id, replies.FOREIGN_FROM.text)

    # Relaying

    async def _all(self, plan: Plan) -> list[Result]:
        if len(plan.copies) == 1:
            return [await self._one(plan, plan.copies[0])]
        budget = Budget(self._limits, len(plan.original.raw))
        return list(await asyncio.gather(*(self._within(budget, plan, copy) for copy in plan.copies)))

    async def _within(self, budget: Budget, plan: Plan, copy: Copy) -> Result:
        async with budget.at_once:
            short = budget.take()
            if short is not None:
                return Result(copy, State.OPEN, short)
            result = await self._one(plan, copy)
        if result.settled_before:
            budget.give_back()
        return result

    async def _one(self, plan: Plan, copy: Copy) -> Result:
        """A fault of ours in one copy leaves the others their results, which a resend must find."""
        try:
            return await self._composed(plan, copy)
        except Exception as error:  # noqa: BLE001 - 451 whatever it was
            tell("mail_copy_failed", error)
            return Result(copy, State.OPEN, replies.BROKEN)

    async def _composed(self, plan: Plan, copy: Copy) -> Result:
        composed = await _beside(plan.composition.copy, copy.ask.address, len(plan.original.raw))
        hand_over = replace(copy.hand_over, details={"way_out": composed.done})
        sender, options = plan.submission.app.sender, tuple(plan.submission.options)
        mail = Mail(hand_over.message, sender, composed.mail_from, composed.raw, options)
        return await self._relay.hand_over(replace(copy, hand_over=hand_over), mail)

    # Afterwards

    async def _taken(self, plan: Plan, reply: Reply, results: list[Result]) -> Delivered:
        """At least one copy left: the app hears of the others by a report each (RFC 5321 4.2.5).

        A report that cannot leave now makes the message come again, if its other copies will be known then.
        """
        if len(results) == 1:
            return Delivered(reply, results)
        await self._list(plan.message, results)
        told = _told(plan.submission.app, results)
        failed = [result for result in told if result.state is not State.SENT]
        if plan.submission.sender is None or not failed:
            return Delivered(reply, results)
        catalogue = self._pipeline.catalogue
        reported = [
            await self._reports.send(catalogue, plan.submission, plan.original, result) for result in failed
        ]
        stuck = [result for result in reported if result.state is State.OPEN]
        if stuck and all(result.logged for result in results):
            reply = stuck[0].reply
        return Delivered(reply, [*results, *reported])

    async def _list(self, message: str, results: list[Result]) -> None:
        ids = [result.decision_id for result in results if result.decision_id]
        try:
            await self._pipeline.list_message(message, ids)
        except StoreUnavailable as error:
            tell("mail_not_listed", error, message=message)

    async def _forget(self, results: list[Result]) -> None:
        """Told no for good, the app may try again on purpose: that is a new message."""
        try:
            for result in results:
                if result.state is State.REJECTED:
                    await self._pipeline.forget(result.copy.ask, result.copy.hand_over)
        except StoreUnavailable as error:
            tell("mail_not_forgotten", error)


def _told(app: App, results: list[Result]) -> list[Result]:
    """As the app is answered: what a rule refuses is as good as sent to one that cannot handle a refusal."""
    if not discards(app):
        return results
    return [_discarded(result) if result.state is State.REFUSED else result for result in results]


def _discarded(result: Result) -> Result:
    return replace(result, state=State.SENT, reply=replies.taken(result.decision_id, ""))


async def _beside(function: Callable[[A], R], argument: A, size: int) -> R:
    """In a thread, for a message so big that everybody else would wait for it."""
    return await asyncio.to_thread(function, argument) if size > _BESIDE else function(argument)
