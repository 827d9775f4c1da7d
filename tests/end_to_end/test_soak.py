"""2,000 mails from 20 sessions over two workers: replies, sandbox and log agree to the last one."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.client import Client, Reply, address, mail
from tests.end_to_end.conftest import Start
from tests.end_to_end.processes import environment, until

SESSIONS = 20
EACH = 100
ORDERS, PROMOTIONS = "transactional/orders", "marketing/promotions"


class Follower:
    """`gateway log --follow`, and what it told so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.records: list[dict[str, Any]] = []
        self._process = process
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout
        self.records.extend(map(json.loads, self._process.stdout))

    def join(self) -> None:
        self._thread.join()


@contextmanager
def following(data: Path) -> Iterator[Follower]:
    command = [sys.executable, "-u", "-m", "gateway", "log", "--follow", "--json", "--data-dir", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        follower = Follower(process)
        try:
            yield follower
        finally:
            process.terminate()  # not SIGINT: where it is ignored from the start on, it would be here too
            process.wait(20)
            follower.join()


def session(client: Client, friends: list[str], said: list[tuple[str, Reply]]) -> None:
    """Orders to anybody, promotions to friends and strangers; every tenth mail is handed in twice."""
    with client.talk(ORDERS) as orders, client.talk(PROMOTIONS) as promotions:
        for number in range(EACH):
            raw = mail()
            talk, to = promotions, friends[number % len(friends)]
            if number % 2:
                talk, to = orders, address()
            elif number % 10 == 4:
                to = address("stranger")
            reply = talk.submit(raw, to)
            said.append((to, reply))
            if number % 10 == 1:
                assert talk.submit(raw, to) == reply


@pytest.mark.slow
def test_replies_sandbox_and_log_balance(start: Start) -> None:
    running, client = start("--workers", "2")
    friends = [client.consented() for _ in range(20)]
    said: list[tuple[str, Reply]] = []
    with following(running.data) as follower:
        until(lambda: follower.records or not client.order("probe@example.net"), pause=0.3)
        client.http.delete("/sandbox/messages")

        with ThreadPoolExecutor(SESSIONS) as pool:
            sessions = [pool.submit(session, client, friends, said) for _ in range(SESSIONS)]
            until(lambda: len(said) > SESSIONS * EACH / 4 or any(one.done() for one in sessions))
            for friend in friends[:5]:
                client.stop(friend, purpose="marketing")
        for one in sessions:
            one.result()
        last = client.order("probe@example.net").words[0]
        until(lambda: any(line.get("decision") == last for line in list(follower.records)))
        until(lambda: len(client.arrived("probe@example.net")) == 1)

    check_replies(said, friends)
    ids = [reply.words[0] for _, reply in said if reply.code == 250]
    assert len(ids) == len(set(ids))
    arrived = Counter(message.to for message in client.arrived())
    del arrived["probe@example.net"]
    assert arrived == Counter(to for to, reply in said if reply.code == 250)

    told = {line["id"]: line for line in follower.records}
    assert len(told) == len(follower.records)
    ended = {line["decision"]: line["kind"] for line in told.values() if "decision" in line}
    for _, reply in said:
        if reply.code == 250:
            assert (told[reply.words[0]]["kind"], ended[reply.words[0]]) == ("handing_over", "sent")
        else:
            record = told[reply.words[1]]
            assert (record["kind"], record["outcome"], record["reason"]) == (
                "decided", "refuse", reply.words[0],
            )  # fmt: skip
    # A probe's hand-over may have been logged just before the follower looked.
    kinds = Counter(line["kind"] for line in told.values() if line.get("decision", line["id"]) in told)
    assert kinds["handing_over"] == kinds["sent"]
    assert kinds["suppressed"] == 5
    assert set(kinds) == {"handing_over", "sent", "decided", "suppressed"}


def check_replies(said: list[tuple[str, Reply]], friends: list[str]) -> None:
    assert len(said) == SESSIONS * EACH
    assert {reply.code for _, reply in said} == {250, 550}
    refused = Counter(reply.words[0] for _, reply in said if reply.code == 550)
    assert refused["no_consent"] == sum(to.startswith("stranger") for to, _ in said)
    assert {to for to, reply in said if reply.words[0] == "unsubscribed"} <= set(friends[:5])
    assert set(refused) <= {"no_consent", "unsubscribed"}
