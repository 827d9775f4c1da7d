"""Texts and calls from outside: handed in by HTTP, in the sandbox, stopped by reply, key and line."""

import datetime as dt
from collections.abc import Iterator

import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.phones import (
    DAY,
    NIGHT,
    ORDERS,
    Numbers,
    call,
    consented,
    left,
    message,
    press,
    reply,
    set_clock,
    state,
    text,
    until_delivered,
    until_left,
)
from tests.end_to_end.processes import Running

NUMBERS = Numbers(2000)
CONSENTED_BY_DEFAULT = "+12025550143"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """With a clock of its own: marketing goes by day only."""
    running = Running.dev(tmp_path_factory.mktemp("texts"), "--workers", "2")
    client = Client(running.ready())
    yield client
    client.close()
    running.end()


@pytest.fixture
def client(started: Client) -> Client:
    set_clock(started, DAY)
    return started


def test_a_text_is_delivered_and_a_stop_by_reply_ends_all_that_waits(client: Client) -> None:
    """The demo's number consented already. After STOP: nothing waits, nothing is taken, but an order's text may go."""
    to = CONSENTED_BY_DEFAULT
    first = text(client, to)
    assert (first["outcome"], first["reason"]) == ("accepted", "consented")
    [arrived] = until_left(client, to)
    assert arrived["body"] == "New shoes.\nReply STOP to opt out"
    assert (arrived["id"], arrived["sender"], arrived["raw"]) == (first["id"], "demo", None)
    until_delivered(client, first["id"])
    later = text(client, to, send_at=(DAY + dt.timedelta(days=1)).isoformat())
    assert later["outcome"] == "deferred"

    reply(client, first["id"], "Stop!")
    assert state(client, later["id"]) == "cancelled"
    refused = text(client, to)
    assert (refused["outcome"], refused["reason"]) == ("refused", "unsubscribed")
    assert call(client, to)["reason"] == "unsubscribed"
    confirmation = until_left(client, to, 2)[-1]
    assert "opted out" in confirmation["body"]

    reply(client, first["id"], "START")
    assert text(client, to)["outcome"] == "accepted"


def test_a_clear_sentence_stops_as_well(client: Client) -> None:
    to = consented(client, NUMBERS.one())
    sent = text(client, to)
    until_left(client, to)
    reply(client, sent["id"], "please don't text me again")
    assert text(client, to)["reason"] == "unsubscribed"
    [stop, *_] = [line for line in client.log(recipient=to) if line["kind"] == "suppressed"]
    assert stop["way"] == "sms"


def test_a_marketing_text_at_night_waits_for_the_morning(client: Client) -> None:
    """Moving the sandbox clock moves what is due."""
    to = consented(client, NUMBERS.one())
    set_clock(client, NIGHT)
    waiting = text(client, to)
    assert (waiting["outcome"], waiting["reason"]) == ("deferred", "outside_hours")
    until = dt.datetime.fromisoformat(waiting["until"])
    assert NIGHT < until < NIGHT + dt.timedelta(hours=12)
    order = text(client, to, ORDERS, body="Your order is on its way.")
    assert order["outcome"] == "accepted"
    [arrived] = until_left(client, to)
    assert arrived["body"] == "Your order is on its way."
    assert state(client, waiting["id"]) == "waiting"

    set_clock(client, until + dt.timedelta(seconds=1))
    assert until_left(client, to, 2)[-1]["id"] == waiting["id"]
    until_delivered(client, waiting["id"])


def test_what_waits_can_be_taken_back(client: Client) -> None:
    to = consented(client, NUMBERS.one())
    waiting = text(client, to, send_at=(DAY + dt.timedelta(days=1)).isoformat())
    assert message(client, waiting["id"])["to"] == to
    answer = client.http.delete(f"/v1/messages/{waiting['id']}")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    set_clock(client, DAY + dt.timedelta(days=2))
    assert left(client, to) == []


def test_a_key_in_a_call_stops_calls_and_marketing_texts(client: Client) -> None:
    to = consented(client, NUMBERS.one())
    made = call(client, to)
    assert made["outcome"] == "accepted"
    [ringing] = until_left(client, to, channel="voice")
    assert ringing["body"] is None
    assert ringing["twiml"].index("This is Demo Company") < ringing["twiml"].index("The new shoes are here.")
    page = client.http.get(f"/sandbox/messages/{made['id']}").text

    after = press(client, page, digits="1")
    assert "The call is over." in after
    assert call(client, to)["reason"] == "unsubscribed"
    [stop, *_] = [line for line in client.log(recipient=to) if line["kind"] == "suppressed"]
    assert stop["way"] == "key_press"


def test_a_machine_is_told_the_toll_free_number(client: Client) -> None:
    to = consented(client, NUMBERS.one())
    made = call(client, to)
    until_delivered(client, made["id"], "in_progress")
    page = client.http.post(f"/sandbox/messages/{made['id']}/machine").text
    assert "8 0 0, 5 5 5, 0 1 9 9" in page
    assert "press 1" not in page


@pytest.mark.parametrize("caller_hides", [False, True])
def test_the_opt_out_line_stops_all_calls_and_texts(client: Client, *, caller_hides: bool) -> None:
    to = consented(client, NUMBERS.one())
    waiting = text(client, to, send_at=(DAY + dt.timedelta(days=1)).isoformat())
    calling = {"line": "+18005550199", "caller": "" if caller_hides else to}
    page = client.http.post("/sandbox/line", data=calling).text
    if caller_hides:
        page = press(client, page, digits=to.removeprefix("+1"))
        page = press(client, page, digits="1")
    else:
        page = press(client, page, digits="1")
    assert "The gateway took it" in page
    assert state(client, waiting["id"]) == "cancelled"
    assert text(client, to)["reason"] == "unsubscribed"
    [stop, *_] = [line for line in client.log(recipient=to) if line["kind"] == "suppressed"]
    assert stop["way"] == "phone_line"


def test_a_phone_opts_in_by_the_link_in_a_text(client: Client) -> None:
    to = NUMBERS.one()
    asked = {
        "address": to,
        "channels": ["sms"],
        "purpose": "marketing",
        "basis": "double_opt_in",
        "source": "shop form",
        "at": DAY.isoformat(),
        "evidence": {"form": "checkout"},
        "state": "pending",
    }
    assert client.http.post("/v1/consents", json=asked).json()["state"] == "pending"
    assert text(client, to)["reason"] == "no_consent"
    [question] = until_left(client, to)
    [link] = [word for word in question["body"].split() if "/c/" in word]
    assert client.http.post(link).status_code == 200
    assert text(client, to)["outcome"] == "accepted"


def test_an_unsigned_webhook_is_refused(client: Client) -> None:
    to = consented(client, NUMBERS.one())
    form = {"MessageSid": "SM" + "0" * 32, "AccountSid": "AC" + "0" * 32, "From": to, "To": "+12025550100"}
    answer = client.http.post("/hooks/twilio/sms", data=form | {"Body": "STOP"})
    assert answer.status_code == 403
    assert text(client, to)["outcome"] == "accepted"


def test_one_key_one_effect(client: Client) -> None:
    """The same call again is answered the same; with another body it is refused."""
    people = [consented(client, NUMBERS.one(), "sms") for _ in range(3)]
    asked = {"to": [*people, "nobody"], "body": "New shoes.", "purpose": "marketing/promotions"}
    key = {"Idempotency-Key": f"campaign-{people[0]}"}
    first, again = (client.http.post("/v1/sms", json=asked, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert [one["outcome"] for one in first.json()["messages"]] == ["accepted"] * 3 + ["refused"]
    other = client.http.post("/v1/sms", json=asked | {"body": "Old shoes."}, headers=key)
    assert other.status_code == 422
    for person in people:
        until_left(client, person)
