"""No webhook is believed that Twilio did not sign, whatever it holds."""

import json
import random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.twilio.signature import Signatures, body_hash
from gateway.http.twilio.signed import MOST
from tests.gateway.http.twilio.world import (
    ACCOUNT,
    OLD,
    OTHER_ACCOUNT,
    PUBLIC,
    STRANGE,
    TOKEN,
    Hooked,
    text_form,
)

SMS = "/hooks/twilio/sms"
FORM = list(text_form("STOP", sid="SM1"))
PATHS = [
    SMS,
    "/hooks/twilio/status?m=msg_1&k=00",
    "/hooks/twilio/voice/key?m=msg_1&k=00",
    "/hooks/twilio/voice/amd?m=msg_1&k=00",
    "/hooks/twilio/voice/line",
    "/hooks/twilio/voice/line/step?n=1",
    "/hooks/twilio/voice/line/number",
    "/hooks/twilio/voice/line/confirm?e=x",
]


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_signature_nothing_is_believed(gateway: Hooked, path: str) -> None:
    answer = await gateway.raw(path, urlencode(FORM).encode())

    assert answer.status_code == 403
    assert answer.json()["detail"] == "not permitted"
    assert await gateway.stops() == set()


@pytest.mark.parametrize("path", PATHS)
async def test_with_a_wrong_signature_nothing_is_believed(gateway: Hooked, path: str) -> None:
    for token in ("another token", STRANGE):
        assert (await gateway.post(path, FORM, token)).status_code == 403
    assert await gateway.stops() == set()


@pytest.mark.parametrize("signature", ["", "x", "é", "=" * 28, "0" * 10_000])
async def test_a_signature_that_is_none_is_no_error_of_ours(gateway: Hooked, signature: str) -> None:
    raw = urlencode(FORM).encode()
    headers = {"X-Twilio-Signature": signature.encode("latin-1").decode("latin-1")}
    if not signature.isascii():
        answer = await gateway.client.post(
            SMS, content=raw, headers=[(b"X-Twilio-Signature", signature.encode("latin-1"))]
        )
    else:
        answer = await gateway.raw(SMS, raw, **headers)

    assert answer.status_code == 403


async def test_a_token_that_is_being_rotated_out_still_signs(gateway: Hooked) -> None:
    assert (await gateway.post(SMS, FORM, OLD)).status_code == 200


async def test_what_a_proxy_says_of_host_and_scheme_proves_nothing(gateway: Hooked) -> None:
    """Signed for another address, and the headers say that it is ours."""
    elsewhere = "https://evil.example.org"
    headers = {
        "X-Twilio-Signature": Signatures([TOKEN]).sign(elsewhere + SMS, FORM),
        "Host": "evil.example.org",
        "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "https",
    }

    assert (await gateway.raw(SMS, urlencode(FORM).encode(), **headers)).status_code == 403
    answer = await gateway.post(
        SMS, FORM, **{"X-Forwarded-Host": "evil.example.org", "Host": "evil.example.org"}
    )
    assert answer.status_code == 200


async def test_the_query_is_signed_as_it_came(gateway: Hooked) -> None:
    target = SMS + "?a=%7E&b=a+b&b=c%20d&empty="

    assert (await gateway.post(target, FORM)).status_code == 200
    assert (await gateway.post(SMS + "?a=1", FORM)).status_code == 200
    signature = Signatures([TOKEN]).sign(PUBLIC + target, FORM)
    altered = target.replace("empty=", "empty=x")
    answer = await gateway.raw(altered, urlencode(FORM).encode(), **{"X-Twilio-Signature": signature})
    assert answer.status_code == 403


async def test_duplicates_blanks_and_unknown_fields_are_signed(gateway: Hooked) -> None:
    form = [*FORM, ("Blank", ""), ("Twice", "a"), ("Twice", "b"), ("Unbekannt", " ü ")]

    assert (await gateway.post(SMS, form)).status_code == 200
    signature = Signatures([TOKEN]).sign(PUBLIC + SMS, form)
    for altered in (form[:-1], [*form, ("Blank", "x")], [*form, ("Twice", "c")]):
        answer = await gateway.raw(SMS, urlencode(altered).encode(), **{"X-Twilio-Signature": signature})
        assert answer.status_code == 403


async def test_an_altered_text_is_not_believed(gateway: Hooked) -> None:
    signature = Signatures([TOKEN]).sign(PUBLIC + SMS, FORM)
    altered = [(name, "+12025550199" if name == "From" else value) for name, value in FORM]

    answer = await gateway.raw(SMS, urlencode(altered).encode(), **{"X-Twilio-Signature": signature})
    assert answer.status_code == 403


async def test_json_needs_its_hash_in_the_query(gateway: Hooked) -> None:
    body = json.dumps(dict(FORM)).encode()

    assert (await gateway.json(SMS, body)).status_code == 200
    signature = Signatures([TOKEN]).sign(PUBLIC + SMS)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json"}
    assert (await gateway.raw(SMS, body, **headers)).status_code == 403
    target = f"{SMS}?bodySHA256={body_hash(body)}"
    headers["X-Twilio-Signature"] = Signatures([TOKEN]).sign(PUBLIC + target)
    assert (await gateway.raw(target, body.replace(b"STOP", b"HELP"), **headers)).status_code == 403


async def test_an_account_that_is_not_ours_is_not_believed(gateway: Hooked) -> None:
    form = [(name, "AC" + "9" * 32 if name == "AccountSid" else value) for name, value in FORM]

    assert (await gateway.post(SMS, form)).status_code == 403
    form = [(name, OTHER_ACCOUNT if name == "AccountSid" else value) for name, value in FORM]
    assert (await gateway.post(SMS, form, TOKEN)).status_code == 403


async def test_a_body_beyond_bounds_is_not_read(gateway: Hooked) -> None:
    assert (await gateway.post(SMS, [*FORM, ("Long", "x" * MOST)])).status_code == 413
    many = [*FORM, *((f"f{n}", "") for n in range(600))]
    assert (await gateway.post(SMS, many)).status_code == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_other_methods_do_nothing(gateway: Hooked, method: str) -> None:
    assert (await gateway.client.request(method, SMS)).status_code == 405


async def test_a_text_without_an_id_is_let_go(gateway: Hooked) -> None:
    form = [(name, value) for name, value in FORM if not name.endswith("Sid") or name == "AccountSid"]

    assert (await gateway.post(SMS, form)).status_code == 200
    assert await gateway.stops() == set()


MEDIA = (
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8"),
    *("application/json", "text/plain", "multipart/form-data", ""),
)
_FIELDS = (
    *(
        "From",
        "To",
        "Body",
        "OptOutType",
        "MessageSid",
        "MessageStatus",
        "CallSid",
        "CallStatus",
        "ErrorCode",
    ),
    *("Digits", "SpeechResult", "AnsweredBy", "MessagingServiceSid"),
)


async def posted(gateway: Hooked, target: str, body: bytes, media: str, signature: str) -> int:
    """The answer's status. Without an HTTP client, which would take most of the time."""
    path, _, query = target.partition("?")
    headers = {"content-type": media, "x-twilio-signature": signature}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    said: list[int] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message.get("status", 0))

    await gateway.app(scope, receive, send)
    return said[0]


class TestAnything:
    """10,000 bodies of any kind are answered, none with an error of ours."""

    async def test_unsigned(self, gateway: Hooked) -> None:
        chance = random.Random(4711)
        whole = urlencode(FORM).encode()
        for _ in range(9_000):
            cut = bytearray(whole[: chance.randrange(len(whole))])
            for _ in range(chance.randrange(8)):
                cut[chance.randrange(len(cut) + 1) : 0] = chance.randbytes(chance.randrange(12))
            path, media = chance.choice(PATHS), chance.choice(MEDIA)

            assert await posted(gateway, path, bytes(cut), media, "x") == 403

    @settings(max_examples=1_000, suppress_health_check=list(HealthCheck))
    @given(
        fields=st.dictionaries(
            st.sampled_from(_FIELDS),
            st.text(st.characters(codec="utf-8"), max_size=20)
            | st.sampled_from(["+12025550143", "STOP", "1", "2", "failed", "21610", "machine_end_beep"]),
            max_size=8,
        ),
        path=st.sampled_from(PATHS),
    )
    async def test_signed(self, gateway: Hooked, fields: dict[str, str], path: str) -> None:
        form = list((fields | {"AccountSid": ACCOUNT}).items())
        signature = Signatures([TOKEN]).sign(PUBLIC + path, form)
        media = "application/x-www-form-urlencoded"

        assert await posted(gateway, path, urlencode(form).encode(), media, signature) in {200, 403}
