"""`gateway serve` with an account at Twilio: a stand-in for it, in a process of its own, at the other end."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.twilio.signature import Signatures
from tests.conftest import free_port
from tests.end_to_end.client import PATIENCE
from tests.end_to_end.phones import ORDERS, Numbers, call, message, state, text, until_delivered
from tests.end_to_end.processes import environment, until
from tests.end_to_end.production import AppClient, Production
from tests.twilio_stand_in import ACCOUNT, description, read_log

NUMBERS = Numbers(4000)
TOKEN = "0123456789abcdef0123456789abcdef"
OURS, LINE = "+12025550100", "+18005550199"
SETTINGS = f"""
[senders.brand.texts]
numbers = ["{OURS}"]
opt_out = "off"

[senders.brand.calls]
numbers = ["{OURS}"]
opt_out_line = "{LINE}"
per_second = 50

[senders.brand.twilio]
account_sid = "{ACCOUNT}"
auth_token_file = "twilio-tokens"
base_url = "http://127.0.0.1:%d"
"""


class Twilio:
    """The stand-in."""

    def __init__(self, home: Path, port: int, deliver_to: str) -> None:
        described = ["--described"] if description.FILE.is_file() else []
        self._log = home / "taken.ndjson"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.twilio_stand_in", "--port", str(port), "--log", str(self._log),
             "--token", TOKEN, "--reports", "sent,delivered", "--deliver-to", deliver_to, *described],
            env=environment(), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())["url"]

    def taken(self, to: str) -> list[dict[str, str]]:
        """The forms."""
        return [form for form in read_log(self._log) if form["To"] == to]

    def answer(self, **next_one: Any) -> None:
        httpx.post(f"{self.url}/control/", json={"next": [next_one]}, trust_env=False).raise_for_status()

    def end(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Production, Twilio]]:
    home = tmp_path_factory.mktemp("twilio")
    port = free_port()
    production = Production(home, hop_port=free_port(), workers=2, more=SETTINGS % port)
    (home / "twilio-tokens").write_text(f"{TOKEN}\nan-older-token\n")
    twilio = Twilio(tmp_path_factory.mktemp("stand-in"), port, f"http://127.0.0.1:{production.ports['http']}")
    try:
        production.command("init")
        production.begin()
        yield production, twilio
        production.end()
    finally:
        twilio.end()


@pytest.fixture
def production(house: tuple[Production, Twilio]) -> Production:
    return house[0]


@pytest.fixture
def twilio(house: tuple[Production, Twilio]) -> Twilio:
    return house[1]


@pytest.fixture
def shop(production: Production) -> AppClient:
    return production.client("shop")


def webhook(production: Production, path: str, token: str = TOKEN, **fields: str) -> httpx.Response:
    form = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", **fields}
    url = "https://mail.example.com/hooks/twilio" + path
    signed = {"X-Twilio-Signature": Signatures([token]).sign(url, list(form.items()))}
    return httpx.post(production.local(url), data=form, headers=signed, timeout=PATIENCE, trust_env=False)


def test_a_text_goes_to_twilio_and_its_reports_come_back(shop: AppClient, twilio: Twilio) -> None:
    to = NUMBERS.one()
    sent = text(shop, to, ORDERS, body="Your order is on its way.")
    assert sent["outcome"] == "accepted"
    until_delivered(shop, sent["id"])
    [taken] = twilio.taken(to)
    assert (taken["From"], taken["Body"]) == (OURS, "Your order is on its way.")
    kinds = [line["kind"] for line in message(shop, sent["id"])["history"]]
    assert kinds[:3] == ["queued", "handing_over", "sent"]
    assert kinds[-1] == "delivered"


def test_a_call_goes_to_twilio(shop: AppClient, twilio: Twilio) -> None:
    to = NUMBERS.one()
    made = call(shop, to, "transactional/security", say="Your code is 1 2 3.")
    until(lambda: state(shop, made["id"]) == "sent")
    [taken] = twilio.taken(to)
    assert taken["From"] == OURS


def test_stop_by_text_is_answered_when_it_is_stored(
    production: Production, shop: AppClient, twilio: Twilio
) -> None:
    """An order's text is stopped by STOP as well; the one confirmation goes, for nobody else sent one."""
    to = NUMBERS.one()
    assert text(shop, to, ORDERS)["outcome"] == "accepted"
    received = {"MessageSid": "SM" + "1" * 32, "From": to, "To": OURS, "Body": "stop"}
    assert webhook(production, "/sms", token="another", **received).status_code == 403
    assert webhook(production, "/sms", **received).status_code == 200
    assert text(shop, to, ORDERS)["reason"] == "unsubscribed"
    assert webhook(production, "/sms", **received).status_code == 200
    until(lambda: len(twilio.taken(to)) == 2)
    assert "opted out" in twilio.taken(to)[-1]["Body"]


def test_the_older_token_still_verifies(production: Production, shop: AppClient) -> None:
    to = NUMBERS.one()
    received = {"MessageSid": "SM" + "2" * 32, "From": to, "To": OURS, "Body": "STOP"}
    assert webhook(production, "/sms", token="an-older-token", **received).status_code == 200
    assert text(shop, to, ORDERS)["reason"] == "unsubscribed"


def test_what_twilio_says_of_a_recipient_is_known(shop: AppClient, twilio: Twilio) -> None:
    to = NUMBERS.one()
    twilio.answer(status=400, code=21610)
    sent = text(shop, to, ORDERS)
    until(lambda: state(shop, sent["id"]) == "failed")
    assert text(shop, to, ORDERS)["reason"] == "unsubscribed"
    assert twilio.taken(to) == []


def test_effective_settings_hide_the_tokens(production: Production) -> None:
    shown = production.command("check")
    assert f'senders.brand.twilio.account_sid = "{ACCOUNT}"' in shown
    assert TOKEN not in shown
    assert "an-older-token" not in shown


def test_the_messages_id_joins_the_lines_of_its_request_its_leaving_and_its_report(
    production: Production,
) -> None:
    app = production.client("shop")
    message_id = text(app, NUMBERS.one(), ORDERS)["id"]
    until_delivered(app, message_id)

    def told() -> dict[str, dict[str, Any]]:
        printed = production.running.output.read_text().splitlines()
        lines = [json.loads(line) for line in printed if message_id in line and line.startswith("{")]
        return {line["event"]: line for line in lines}

    until(lambda: {"message_accepted", "handed_over", "message_reported"} <= told().keys())
    lines = told()
    assert lines["message_accepted"]["request"] != lines["message_reported"]["request"]
    assert lines["handed_over"]["reference"] == lines["message_reported"]["reference"]
