"""The sandbox clock: every worker decides by it at once."""

import datetime as dt
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.end_to_end.client import Client, address, click, mail
from tests.end_to_end.processes import Running

ROUNDS = 10  # calls, each on a connection of its own: both workers get some


def iso(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def set_clock(client: Client, now: dt.datetime | None) -> None:
    answer = client.http.put("/sandbox/clock", json={"now": iso(now) if now else None})
    assert answer.status_code in (200, 204), answer.text


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Of a gateway of its own: its clock is everybody's."""
    running = Running.dev(tmp_path_factory.mktemp("clock"), "--workers", "2")
    client = Client(running.ready())
    yield client
    client.close()
    running.end()


@pytest.fixture
def client(started: Client) -> Iterator[Client]:
    yield started
    set_clock(started, None)


def test_a_pause_ends_when_the_clock_says_so_in_all_workers_at_once(client: Client) -> None:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    to = client.consented()
    client.stop(to, purpose="marketing", until=iso(now + dt.timedelta(days=30)))
    assert client.send(mail(), to).words[0] == "unsubscribed"

    for days in (31, 29, 400, 0):
        set_clock(client, now + dt.timedelta(days=days))
        expected = ("would_send", "consented") if days > 30 else ("refuse", "unsubscribed")
        assert {client.would(to) for _ in range(ROUNDS)} == {expected}
        code = 250 if days > 30 else 550
        assert {client.send(mail(), to).code for _ in range(ROUNDS)} == {code}

    set_clock(client, now + dt.timedelta(days=31))
    set_clock(client, None)
    assert {client.would(to) for _ in range(ROUNDS)} == {("refuse", "unsubscribed")}


def test_records_bear_the_time_of_the_clock(client: Client) -> None:
    to = client.consented()
    set_clock(client, dt.datetime(2027, 5, 1, 12, tzinfo=dt.UTC))
    for _ in range(ROUNDS):
        assert client.send(mail(), to).code == 250
    times = {line["at"][:13] for line in client.log(recipient=to) if line["kind"] == "sent"}
    assert times == {"2027-05-01T12"}


def test_what_would_have_left_bears_the_time_of_the_clock(client: Client) -> None:
    to = client.consented()
    set_clock(client, dt.datetime(2027, 5, 1, 12, tzinfo=dt.UTC))
    for _ in range(ROUNDS):
        assert client.send(mail(), to).code == 250
    kept = client.http.get("/sandbox/messages", params={"to": to}).json()["messages"]
    assert {message["at"][:13] for message in kept} == {"2027-05-01T12"}


def test_what_is_given_to_the_api_is_compared_with_the_clock_in_every_worker(client: Client) -> None:
    then = dt.datetime(2027, 5, 1, 12, tzinfo=dt.UTC)
    for days in range(ROUNDS):
        moment = then + dt.timedelta(days=days)
        set_clock(client, moment)
        to = address()
        assert client.consent(to, at=iso(moment))["effective"]
        pause = {"address": to, "purpose": "marketing", "until": iso(moment)}
        assert client.http.post("/v1/suppressions", json=pause).status_code == 422


def test_a_consent_expires_by_the_clock(client: Client) -> None:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    to = address("fading")
    client.consent(to, expires=iso(now + dt.timedelta(days=1)))
    assert client.send(mail(), to).code == 250
    set_clock(client, now + dt.timedelta(days=2))
    assert client.send(mail(), to).words[0] == "consent_expired"


def test_undo_ends_30_minutes_after_the_click_by_the_clock(client: Client) -> None:
    to = client.consented()
    client.send(mail(), to)
    link = client.arrived(to)[0].footer_link
    value = re.search(r'name="undo" value="([^"]+)"', click(link).text)
    assert value
    set_clock(client, dt.datetime.now(dt.UTC) + dt.timedelta(minutes=31))
    late = httpx.post(f"{link}/undo", data={"undo": value[1]}, timeout=30, trust_env=False)
    assert late.status_code == 409
    assert client.would(to)[1] == "unsubscribed"


@pytest.mark.parametrize("body", [{"now": "yesterday"}, {}, {"now": 5}, {"now": "2026-01-01T00:00:00"}, []])
def test_a_clock_that_is_no_time_is_refused(gateway: Client, body: object) -> None:
    assert gateway.http.put("/sandbox/clock", json=body).status_code == 422
