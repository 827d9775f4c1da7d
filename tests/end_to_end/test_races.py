"""Promise 2: from the moment that a stop was answered nothing that it covers leaves."""

import json
import threading
import time
from typing import Self

import pytest

from tests.end_to_end.client import Client, click, mail
from tests.end_to_end.processes import Running, run

ROUNDS = 6
SENDERS = 4


@pytest.mark.parametrize("way", ["click", "api"])
def test_a_stop_answered_while_data_is_still_arriving_is_heard(gateway: Client, way: str) -> None:
    to = gateway.consented("slow")
    assert gateway.send(mail(), to).code == 250
    link = gateway.arrived(to)[0].footer_link
    raw = mail(text="word " * 2000 + "\r\n")
    with gateway.talk() as talk:
        assert [reply.code for reply in talk.envelope("shop@example.com", to)] == [250]
        assert talk.say("DATA").code == 354
        for start in range(0, len(raw), 1000):
            talk.send(raw[start : start + 1000])
            if start == 3000:
                assert way == "api" or click(link).status_code == 200
                assert way == "click" or gateway.stop(to, purpose="marketing")["in_force"]
            time.sleep(0.02)
        talk.send(b".\r\n")
        code, text = talk.getreply()

    assert (code, text.split()[:2]) == (550, [b"5.7.1", b"unsubscribed"])
    assert len(gateway.arrived(to)) == 1


def test_a_stop_between_rcpt_and_data_stops_one_copy_and_is_reported(gateway: Client) -> None:
    staying, leaving = gateway.consented(), gateway.consented()
    mail_from = gateway.consented("returns")
    with gateway.talk() as talk:
        talk.envelope(mail_from, staying, leaving)
        gateway.stop(leaving, purpose="marketing")
        taken = talk.content(mail())
    assert taken.code == 250
    assert [len(gateway.arrived(to)) for to in (staying, leaving)] == [1, 0]
    [report] = gateway.arrived(mail_from)
    assert report.mail_from == ""
    assert report.parsed.get_content_type() == "multipart/report"
    assert b"unsubscribed" in report.raw
    assert leaving.encode() in report.raw
    assert staying.encode() not in report.raw.partition(b"message/rfc822")[0]


class Sessions:
    """They send to one recipient without a pause. `late`: what was answered to what was begun after `clicked`."""

    def __init__(self, gateway: Client, to: str) -> None:
        self.clicked = threading.Event()
        self.codes: list[int] = []
        self.late: list[int] = []
        self._gateway = gateway
        self._to = to
        self._threads = [threading.Thread(target=self._run) for _ in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        with self._gateway.talk() as talk:
            for _ in range(25):
                after = self.clicked.is_set()
                code = talk.submit(mail(), self._to).code
                (self.late if after else self.codes).append(code)


@pytest.mark.slow
def test_after_the_answer_to_a_click_no_new_message_appears(gateway: Client, shared: Running) -> None:
    """Sessions that send without a pause, and one click among them, again and again."""
    codes: list[int] = []
    for _ in range(ROUNDS):
        to = gateway.consented("raced")
        assert gateway.send(mail(), to).code == 250
        link = gateway.arrived(to)[0].footer_link
        with Sessions(gateway, to) as sessions:
            time.sleep(0.05)
            assert click(link).status_code == 200
            sessions.clicked.set()
            time.sleep(0.5)  # a hand-over that was committed before the click ends within moments
            then = len(gateway.arrived(to))
        assert len(gateway.arrived(to)) == then
        assert set(sessions.late) == {550}
        codes += sessions.codes

        in_order = kinds(shared, to)
        assert "handing_over" not in in_order[in_order.index("suppressed") :]
        assert in_order.count("sent") == then
    assert 250 in codes


def kinds(running: Running, to: str) -> list[str]:
    """Of all records of a recipient, in the order of commits."""
    shown = run("log", "--recipient", to, "--json", "--limit", "1000", "--data-dir", running.data)
    return [json.loads(line)["kind"] for line in shown.stdout.splitlines()]
