"""The store stands still, dies, comes back empty: nobody is told yes or no meanwhile, what was said before holds."""

import json
import os
import signal
import smtplib
import socket
import threading
import time

import httpx
import pytest

from tests.end_to_end.client import Client, Reply, address, click, mail
from tests.end_to_end.conftest import Start
from tests.end_to_end.load import ORDERS, Load
from tests.end_to_end.processes import Running, standing_still, until

PATIENCE = 3.8  # DESIGN: 2 s for the store, and some for a busy machine; to wait twice would be 4


@pytest.fixture
def started(start: Start) -> tuple[Running, Client]:
    return start("--workers", "2")


def answered_in_time(since: float) -> None:
    assert time.monotonic() - since < PATIENCE


def undecided(reply: Reply) -> bool:
    return reply.code == 451 and reply.status == "4.4.3"


def restarted(running: Running, client: Client, old: int) -> None:
    """The supervisor noticed, and the workers found the new server."""
    until(lambda: running.store_pid not in (0, old))
    until(lambda: client.http.get("/readyz").status_code == 200)


@pytest.mark.slow
def test_a_store_that_stands_still_for_12_seconds(started: tuple[Running, Client]) -> None:
    running, client = started
    to, friend = address(), client.consented()
    client.send(mail(), friend)
    link = client.arrived(friend)[0].footer_link
    with client.talk(ORDERS) as talk, client.talk(ORDERS) as midway:
        assert midway.envelope("shop@example.com", to)[0].code == 250
        with standing_still(running.store_pid):
            begun = time.monotonic()
            for _ in range(2):
                since = time.monotonic()
                assert undecided(talk.submit(mail(), to))
                answered_in_time(since)
            since = time.monotonic()
            assert undecided(midway.content(mail()))
            answered_in_time(since)

            asked = {"requests": [{"channel": "email", "to": to, "purpose": ORDERS}]}
            for method, path, body in (
                ("POST", "/v1/decisions", asked),
                ("POST", "/v1/suppressions", {"address": to}),
                ("GET", f"/v1/recipients/{to}", None),
                ("GET", "/readyz", None),
            ):
                since = time.monotonic()
                answer = client.http.request(method, path, json=body)
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) > 0
                answered_in_time(since)
            assert client.http.get("/healthz").status_code == 200

            since = time.monotonic()
            page = click(link)
            answered_in_time(since)
            assert page.status_code == 503
            assert int(page.headers["retry-after"]) > 0
            assert "You are not unsubscribed yet" in page.text
            shown = httpx.get(link, timeout=30, trust_env=False)
            assert shown.status_code == 200, "looking needs no store"
            time.sleep(max(0.0, begun + 12 - time.monotonic()))

        until(lambda: client.http.get("/readyz").status_code == 200)
        assert talk.submit(mail(), to).code == 250
        assert midway.submit(mail(), to).code == 250
    assert len(client.arrived(to)) == 2
    assert click(link).status_code == 200
    assert client.send(mail(), friend).words[0] == "unsubscribed"


@pytest.mark.slow
def test_a_killed_store_server_is_started_again_and_no_stop_is_lost(started: tuple[Running, Client]) -> None:
    """Senders and stops go on through three kills; every stop that was acknowledged holds."""
    running, client = started
    stopped: list[str] = []
    stopping = threading.Thread(target=stop_some, args=(client, stopped))
    with Load(client, sessions=3) as load:
        stopping.start()
        for _ in range(3):
            time.sleep(1.5)
            old = running.store_pid
            os.kill(old, signal.SIGKILL)
            restarted(running, client, old)
        stopping.join()

    assert stopped
    assert {client.would(one)[1] for one in stopped} == {"unsubscribed"}
    assert load.codes <= {250, 451}
    assert set(load.turned_away) <= {454}
    assert not load.unanswered, "sessions live on"
    assert load.taken <= {message.to for message in client.arrived()}


def stop_some(client: Client, stopped: list[str]) -> None:
    for _ in range(50):
        to = address("leaving")
        answer = client.http.post("/v1/suppressions", json={"address": to})
        if answer.status_code == 201:
            stopped.append(to)
        else:
            assert answer.status_code == 503, answer.text
        time.sleep(0.1)


def test_a_store_that_comes_back_empty_answers_451_and_never_yes(started: tuple[Running, Client]) -> None:
    """Its epoch is gone: an empty store must not say "not suppressed"."""
    running, client = started
    to = address()
    client.stop(to)
    with client.talk(ORDERS) as talk:
        assert talk.submit(mail(), to).code == 550
        flush(running)
        assert undecided(talk.submit(mail(), to))
        assert undecided(talk.submit(mail(), address()))
    # The keys went with the store: nobody is told that they are wrong.
    assert client.http.post("/v1/suppressions", json={"address": to}).status_code == 503
    assert client.http.get("/readyz").status_code == 503
    with pytest.raises(smtplib.SMTPAuthenticationError) as turned_away, client.talk():
        pass
    assert turned_away.value.smtp_code == 454
    assert client.arrived(to) == []


def flush(running: Running) -> None:
    path = json.loads((running.data / "store.json").read_text())["socket"]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(100) == b"+OK\r\n"
