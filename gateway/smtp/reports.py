"""Reports to MAIL FROM about copies that failed after the message was taken (RFC 3464)."""

import structlog

from channels.email.compose import Original
from channels.email.dsn_writer import Report, write
from channels.email.mail import Mail
from gateway.roads.pipeline import Ask
from gateway.smtp import purposes
from gateway.smtp.composing import Composer
from gateway.smtp.copies import Copy, Relay, Result, State
from gateway.smtp.marks import report_of
from gateway.smtp.submission import Submission
from suppression.model import Channel
from suppression.purposes import Catalogue

log = structlog.get_logger(__name__)


class Reports:
    """Sends one for each failed copy; never about mail from the null sender (RFC 5321 6.1)."""

    def __init__(self, relay: Relay, composer: Composer) -> None:
        self._relay = relay
        self._composer = composer

    async def send(
        self, catalogue: Catalogue, submission: Submission, original: Original, failed: Result
    ) -> Result:
        """How the report fared: OPEN if it could not leave now."""
        if submission.sender is None:
            raise ValueError("no report goes to the null sender")
        hand_over = report_of(failed.copy.hand_over)
        report = Report(
            hostname=self._composer.hostname,
            id=hand_over.message,
            to=submission.mail_from,
            recipient=failed.copy.ask.address.text,
            status=failed.reply.status,
            said=f"{failed.reply.code} {failed.reply.status} {failed.reply.text}",
            by_hop=failed.state is State.REJECTED,
            original=original.raw,
        )
        ask = Ask(
            submission.app, Channel.EMAIL, purposes.own_report(catalogue), submission.sender, system=True
        )
        raw = self._composer.signed(submission.app, write(report))
        mail = Mail(hand_over.message, submission.app.sender, "", raw)
        result = await self._relay.hand_over(Copy(ask, hand_over), mail)
        if result.state in (State.REFUSED, State.REJECTED):  # nobody is told: it has no sender
            log.warning("report_undeliverable", decision=result.decision_id, status=result.reply.status)
        return result
