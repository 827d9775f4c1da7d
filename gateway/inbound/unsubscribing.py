"""A mail to the address in List-Unsubscribe: it stops what its token says, whatever it says itself.

Whatever its Auto-Submitted says, too: mail programs mark what their unsubscribe button sends as automatic (Apple's
as auto-replied). Only what cannot come from such a button is ignored: the null sender, and reports.
"""

import hashlib
from collections.abc import Mapping

import structlog

from gateway.inbound.receiving import KEPT, TAKEN, Answer, Arrived
from gateway.inbound.routing import Unsubscribe
from gateway.links import stop_at_once
from gateway.roads.changes import Changes
from suppression.decision import Reason
from suppression.model import Sender, Way

SOURCE = "mail"
ACTOR = "recipient"

_log = structlog.get_logger(__name__)


class Unsubscribing:
    def __init__(self, changes: Changes, senders: Mapping[str, Sender]) -> None:
        self._changes = changes
        self._senders = senders

    async def __call__(self, arrived: Arrived, to: Unsubscribe) -> Answer:
        if not arrived.mail_from or arrived.is_report:
            _log.info(
                "unsubscribe_mail_ignored", report=arrived.is_report, recipient=to.link.recipient.key.hex()
            )
            return TAKEN
        await self._changes.suppress(
            to.link.recipient,
            stop_at_once(to.link, self._senders[to.link.sender]),
            reason=Reason.UNSUBSCRIBED,
            way=Way.MAILTO,
            source=SOURCE,
            actor=ACTOR,
            change_id=hashlib.sha256(f"mailto|{to.token}|{arrived.id}".encode()).hexdigest(),
            kept=KEPT,
        )
        return TAKEN
