"""What an answer says of the way out, whatever became of the message."""

import pytest

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from channels.twilio import outcomes
from channels.twilio.carriers import NOT_REACHED
from channels.twilio.resources import Lost, Refused
from gateway.duties.breaker import Verdict
from gateway.duties.ways import judge


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Sent("queued", "SM1"), Verdict.FINE),
        (Rejected(21211, "invalid_number", "not a valid number"), Verdict.FINE),
        (Postponed(0, NOT_REACHED, "no connection"), Verdict.FAULT),
        (Unknown("TimeoutError"), Verdict.FAULT),
        (outcomes.refused(Refused(429, 20429, "")), Verdict.BUSY),
        (outcomes.refused(Refused(429, 0, "")), Verdict.BUSY),
        (outcomes.refused(Refused(503, 0, "")), Verdict.BUSY),
        (outcomes.refused(Refused(401, 20003, "")), Verdict.FAULT),
        (outcomes.refused(Refused(401, 0, "")), Verdict.FAULT),
        (outcomes.refused(Refused(400, 21606, "")), Verdict.FAULT),
        (outcomes.refused(Refused(400, 21408, "")), Verdict.FINE),  # one country: the others go on
        (outcomes.refused(Refused(400, 21610, "")), Verdict.FINE),
        (outcomes.refused(Refused(500, 20500, "")), Verdict.FAULT),
        (outcomes.lost(Lost("ServerDisconnectedError", 0)), Verdict.FAULT),
    ],
)
def test_faults_are_those_that_the_next_message_would_meet_too(outcome: Outcome, verdict: Verdict) -> None:
    assert judge(outcome) is verdict
