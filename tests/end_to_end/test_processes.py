"""Processes that are killed, started twice, drained: what was said holds, nothing is left over."""

import contextlib
import os
import signal
import smtplib
import socket
import time

import pytest

from tests.end_to_end.client import Client, address, click, mail
from tests.end_to_end.conftest import Start
from tests.end_to_end.load import ORDERS, Load
from tests.end_to_end.processes import run, running_in, until


@pytest.mark.slow
def test_mail_goes_on_when_a_worker_is_killed_and_the_books_balance(start: Start) -> None:
    """Everything that was answered 250 arrived once; what arrived besides had lost its answer."""
    running, client = start("--workers", "2")
    with Load(client) as load:
        for _ in range(3):
            time.sleep(1.0)
            before = running.workers
            os.kill(min(before), signal.SIGKILL)
            until(lambda before=before: len(running.workers - before) == 1)  # type: ignore[misc]
            until(lambda then=load.taken: load.taken - then)  # type: ignore[misc]

    assert load.codes == {250}
    assert load.unanswered
    arrived = [message.to for message in client.arrived()]
    assert len(arrived) == len(set(arrived))
    assert load.taken <= set(arrived) <= load.taken | {one.to for one in load.unanswered}


@pytest.mark.slow
def test_what_killed_workers_were_handing_over_goes_when_it_is_handed_in_again(start: Start) -> None:
    """A hand-over without an outcome is waited for; nobody hears 250 for what did not leave."""
    running, client = start("--workers", "2")
    with Load(client, sessions=8) as load:
        for _ in range(3):
            time.sleep(1.0)
            before = running.workers
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            until(lambda before=before: len(running.workers - before) == 2)  # type: ignore[misc]
    until(lambda: ready(client))

    assert load.codes == {250}
    assert load.unanswered
    for one in load.unanswered:
        copies = len(client.arrived(one.to))
        again = client.send(one.raw, one.to, purpose=ORDERS)
        if again.code == 451:  # its hand-over was begun: it may have left
            assert again.status == "4.3.0"
            assert kinds(client, one.to) == ["handing_over"]
        else:
            assert again.code == 250
            assert len(client.arrived(one.to)) == 1
            assert copies == 0 or "sent" in kinds(client, one.to)


def kinds(client: Client, to: str) -> list[str]:
    return [line["kind"] for line in client.log(recipient=to)]


def ready(client: Client) -> bool:
    with contextlib.suppress(Exception):
        return client.http.get("/readyz").status_code == 200
    return False


def test_a_killed_supervisor_leaves_a_server_that_the_next_one_adopts(start: Start) -> None:
    running, client = start("--workers", "2")
    stopped = address()
    client.stop(stopped)
    orphan, workers = running.store_pid, running.children
    running.kill()
    until(lambda: not running_in(running.home) & workers)
    assert orphan in running_in(running.home)

    again, client = start("--workers", "2")
    assert again.store_pid == orphan
    assert client.order(stopped).words[0] == "unsubscribed"
    assert client.order(address()).code == 250
    assert again.stop() == 0
    until(lambda: orphan not in running_in(running.home))


def test_after_a_kill_of_everything_at_once_stops_hold_and_ports_stay(start: Start) -> None:
    running, client = start()
    stopped = address()
    client.stop(stopped)
    url = client.url
    for pid in {running.process.pid, *running.children, running.store_pid}:
        os.kill(pid, signal.SIGKILL)
    running.process.wait(10)

    _, client = start()
    assert client.url == url, "links in the mails of before still work"
    assert client.order(stopped).words[0] == "unsubscribed"


def test_two_gateways_on_one_data_folder_are_one_too_many(start: Start) -> None:
    running, client = start()
    second = run("dev", "--data-dir", running.data)

    assert second.returncode != 0
    assert str(running.process.pid) in second.stderr
    assert "in use" in second.stderr
    assert "Traceback" not in second.stderr
    assert client.order(address()).code == 250
    assert (running.data / "dev.json").exists()


def test_a_data_folder_of_150_bytes_works(start: Start) -> None:
    short, _ = start()
    home = short.home / "d"
    data = home / ("x" * (150 - len(str(home)) - 1))
    assert len(str(data)) == 150
    running, client = start(data=data)
    assert client.order(address()).code == 250
    assert running.stop() == 0
    _, client = start(data=data)
    assert client.order(address()).code == 250


def test_a_restart_keeps_stops_consents_links_keys_and_dkim(start: Start) -> None:
    running, client = start()
    friend, stopped = client.consented(), address()
    client.stop(stopped)
    client.send(mail(), friend)
    link = client.arrived(friend)[0].footer_link
    before = client.facts
    assert running.stop() == 0
    _, client = start("--workers", "2")

    assert {name: client.facts[name] for name in ("smtp", "http", "dkim")} == {
        name: before[name] for name in ("smtp", "http", "dkim")
    }
    assert client.order(stopped).code == 550
    assert client.send(mail(), friend).code == 250
    assert click(link).status_code == 200
    assert client.send(mail(), friend).code == 550


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_client_in_the_middle_of_data_gets_its_reply_while_the_gateway_drains(
    start: Start, number: signal.Signals
) -> None:
    running, client = start("--workers", "2")
    to, raw = address(), mail(text="word " * 500 + "\r\n")
    with client.talk(ORDERS) as talk, client.talk(ORDERS) as idle:
        talk.envelope("shop@example.com", to)
        assert talk.say("DATA").code == 354
        talk.send(raw[:1000])
        running.process.send_signal(number)
        until(lambda: gone(idle))
        time.sleep(0.5)
        assert running.process.poll() is None
        talk.send(raw[1000:] + b".\r\n")
        code, text = talk.getreply()
        assert code == 250
        assert text.startswith(b"2.0.0 ")
        assert gone(talk), "and hears that this was the last one"
    assert running.process.wait(10) == 0
    assert len(list((running.data / "sandbox").glob("*.json"))) == 1


def gone(talk: smtplib.SMTP) -> bool:
    """It was told 421, or its connection ended."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        return talk.noop()[0] == 421
    return True


def test_nothing_is_accepted_once_it_drains(start: Start) -> None:
    running, client = start()
    with client.talk(ORDERS) as talk:
        talk.envelope("shop@example.com", address())
        talk.say("DATA")
        running.process.send_signal(signal.SIGTERM)
        smtp = client.facts["smtp"]
        until(lambda: refuses(smtp["host"], smtp["port"]))
        talk.send(mail() + b".\r\n")
        assert talk.getreply()[0] == 250
    assert running.process.wait(10) == 0


def refuses(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return True
    return False
