"""A call that Twilio or a rule would never allow is not made."""

from typing import Any

import pytest

from channels.voice.message import Call

GOOD: dict[str, Any] = {
    "id": "m1",
    "sender": "brand",
    "twiml": "<Response/>",
    "status_url": "https://gateway.example.com/status",
    "answer_url": "",
    "from_number": "+15005550006",
    "ring_seconds": 25,
    "detect_machine": False,
}


def test_call_rings_15_seconds_at_least() -> None:
    """RULES 3: 15 seconds or four rings."""
    assert Call(**GOOD | {"ring_seconds": 15}).ring_seconds == 15
    with pytest.raises(ValueError, match="15"):
        Call(**GOOD | {"ring_seconds": 14})


@pytest.mark.parametrize(
    "wrong",
    [
        {"ring_seconds": 601},
        {"twiml": ""},
        {"answer_url": "https://gateway.example.com/answer"},
        {"twiml": "x" * 4001},
        {"from_number": ""},
        {"detect_machine": True, "status_url": ""},
    ],
)
def test_call_that_cannot_be_is_not_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"call|TwiML|machine"):
        Call(**GOOD | wrong)
