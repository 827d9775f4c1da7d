"""A text that Twilio would never take is not made."""

from typing import Any

import pytest

from channels.sms.message import Text

GOOD: dict[str, Any] = {
    "id": "m1",
    "sender": "brand",
    "body": "x",
    "status_url": "",
    "from_number": "+15005550006",
}


@pytest.mark.parametrize("body", ["x", "x" * 1600, "😀"])
def test_text_of_up_to_1600_characters_is_made(body: str) -> None:
    assert Text(**GOOD | {"body": body}).body == body


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": ""},
        {"body": "x" * 1601},
        {"body": "half \ud800"},
        {"validity": 0},
        {"validity": 36_001},
        {"from_number": ""},
    ],
)
def test_text_that_is_refused_everywhere_is_not_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - UnicodeEncodeError is one
        Text(**GOOD | wrong)
