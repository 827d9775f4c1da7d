"""Our signatures are what the Standard Webhooks library verifies."""

import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.webhooks.signature import headers, key_of
from tests.gateway.webhooks.receiver import KEY, OLD, whsec

BODY = '{"type":"lifted","data":{"text":"Grüße"}}'.encode()


def test_the_library_verifies_ours() -> None:
    signed = headers("evt_1", int(time.time()), BODY, [KEY])
    assert Webhook(whsec(KEY)).verify(BODY, signed)["type"] == "lifted"
    with pytest.raises(WebhookVerificationError):
        Webhook(whsec(KEY)).verify(BODY + b" ", signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(whsec(KEY)).verify(BODY, signed | {"webhook-id": "evt_2"})


def test_while_a_secret_is_rotated_both_verify_and_no_third() -> None:
    signed = headers("evt_1", int(time.time()), BODY, [KEY, OLD])
    assert signed["webhook-signature"].count(" ") == 1
    for key in (KEY, OLD):
        Webhook(whsec(key)).verify(BODY, signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(whsec(b"x" * 32)).verify(BODY, signed)


def test_the_specifications_own_example() -> None:
    """Standard Webhooks, "Signature scheme": the example of its libraries' tests."""
    signed = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        [key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
    )
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "text",
    ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!" * 9, whsec(b"k" * 65)],
)
def test_what_is_no_secret(text: str) -> None:
    with pytest.raises(ValueError, match="no "):
        key_of(text)
