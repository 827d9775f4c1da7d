"""Twilio's own library at the other end: its signature over our webhooks' addresses, its reading of our TwiML."""

import importlib.metadata
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.conftest import free_port
from tests.end_to_end.client import PATIENCE
from tests.end_to_end.phones import Numbers
from tests.end_to_end.production import AppClient, Production
from tests.end_to_end.test_twilio import LINE, OURS, SETTINGS, TOKEN
from tests.interop.tried import Version
from tests.twilio_stand_in import ACCOUNT

pytestmark = pytest.mark.client("twilio")
NUMBERS = Numbers(6000)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    home = tmp_path_factory.mktemp("twilio")
    production = Production(home, hop_port=free_port(), more=SETTINGS % free_port())
    (home / "twilio-tokens").write_text(f"{TOKEN}\n")
    production.command("init")
    try:
        production.begin()
        yield production
    finally:
        production.end()


def hook(production: Production, path: str, token: str = TOKEN, **form: str) -> httpx.Response:
    """A request as Twilio makes it: signed over the public URL, passed on by the proxy."""
    url, form = f"https://mail.example.com{path}", {"AccountSid": ACCOUNT, **form}
    signature = RequestValidator(token).compute_signature(url, form)
    return httpx.post(
        production.local(url), data=form, headers={"X-Twilio-Signature": signature},
        timeout=PATIENCE, trust_env=False,
    )  # fmt: skip


def twiml(answer: httpx.Response) -> ET.Element:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(("text/xml", "application/xml"))
    root = ET.fromstring(answer.content)  # noqa: S314 - the gateway's own
    assert root.tag == "Response"
    return root


def text(production: Production, number: str, body: str, token: str = TOKEN) -> httpx.Response:
    form = {"MessageSid": f"SM{'0' * 22}{number[2:]}", "From": number, "To": OURS, "Body": body}
    return hook(production, "/hooks/twilio/sms", token, **form, NumMedia="0", ProfileName="Jürgen ✋")


def test_a_stop_by_text(production: Production, version: Version) -> None:
    version(importlib.metadata.version("twilio"))
    client, number = production.client("texts"), NUMBERS.one()
    twiml(text(production, number, "Stop"))
    assert would(client, number) == "unsubscribed"


def test_a_signature_with_another_token_is_refused(production: Production) -> None:
    client, number = production.client("texts"), NUMBERS.one()
    assert text(production, number, "STOP", "another-token").status_code == 403
    assert would(client, number) == "would_send"


def test_a_call_to_the_opt_out_line_is_answered_in_twiml(production: Production) -> None:
    number = NUMBERS.one()
    form = {"CallSid": f"CA{'0' * 22}{number[2:]}", "From": number, "To": LINE, "CallStatus": "ringing"}
    answer = twiml(hook(production, "/hooks/twilio/voice/line", **form, Direction="inbound"))
    [gather] = answer.iter("Gather")
    assert "".join(gather.itertext()).strip()

    path = gather.attrib["action"]
    assert path.startswith("/hooks/twilio/voice/line/step")
    pressed = twiml(hook(production, path, **form, Direction="inbound", Digits="1"))
    assert len(pressed)


def would(client: AppClient, number: str) -> str:
    asked = {"channel": "sms", "to": number, "purpose": "transactional/orders"}
    answer = client.http.post("/v1/decisions", json={"requests": [asked], "record": False})
    [made] = answer.json()["decisions"]
    return str(made["reason"] if made["outcome"] != "would_send" else made["outcome"])
