"""Answers, log (hot and archived) and sandbox balance, record by record, while processes are killed."""

import os
import random
import signal
import time
from collections import Counter

import pytest

from tests.end_to_end.books import Books, Texting, hand_overs_open, hot, let_deadlines_pass
from tests.end_to_end.client import Client, address, mail
from tests.end_to_end.conftest import Start
from tests.end_to_end.load import Load, Sent
from tests.end_to_end.phones import Numbers
from tests.end_to_end.processes import Running, run, until

PROMOTIONS = "marketing/promotions"
SECONDS = 8.0


def mixed_run(running: Running, client: Client, *, kills: bool) -> tuple[list[Sent], Texting]:
    """Mails, texts, refusals and stops, for some seconds."""
    friends = [client.consented() for _ in range(6)]
    with Load(client, sessions=4) as load, Texting(client, Numbers(3000)) as texting:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            time.sleep(1.0)
            if kills:
                os.kill(random.choice(sorted(running.children)), signal.SIGKILL)
            if friends:
                patiently_stop(client, friends.pop())
            load.sent += [
                promoted(client, address("stranger")),
                *(promoted(client, one) for one in friends[:1]),
            ]
    return load.sent, texting


def promoted(client: Client, to: str) -> Sent:
    raw = mail()
    try:
        return Sent(to, raw, client.send(raw, to, purpose=PROMOTIONS))
    except OSError:
        return Sent(to, raw, None)


def patiently_stop(client: Client, to: str) -> None:
    until(lambda: _stopped(client, to), pause=0.2)


def _stopped(client: Client, to: str) -> bool:
    try:
        return client.http.post("/v1/suppressions", json={"address": to}).status_code in (200, 201)
    except OSError:
        return False
    except Exception as error:  # httpx names a broken connection in many ways
        if type(error).__module__.startswith("httpx"):
            return False
        raise


@pytest.mark.slow
@pytest.mark.parametrize("kills", [False, True], ids=["quiet", "killed"])
def test_the_books_balance(start: Start, *, kills: bool) -> None:
    running, client = start("--workers", "2")
    sent, texting = mixed_run(running, client, kills=kills)
    until(lambda: client.http.get("/readyz").status_code == 200, pause=0.2)
    let_deadlines_pass(running.data)
    until(lambda: hand_overs_open(running.data) == 0, seconds=60, pause=0.5)
    until(lambda: states_settled(client, texting), seconds=60, pause=0.5)
    until(lambda: hot(running.data) == 0, seconds=60, pause=0.5)

    books = Books.read(running.data)
    check_outcomes(books, kills=kills)
    check_mails(books, sent, client)
    check_texts(books, texting, client)
    verified = run("log", "verify", "--data-dir", running.data)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    mail_column, text_column = books.column("email"), books.column("sms")
    print(f"mails {dict(mail_column)}, texts {dict(text_column)}, {len(books.records)} records")


def states_settled(client: Client, texting: Texting) -> bool:
    moving = {"waiting", "leased", "submitting"}
    ids = [text.id for text in texting.texts if text.id and text.outcome == "accepted"]
    return all(client.http.get(f"/v1/messages/{one}").json()["state"] not in moving for one in ids)


def check_outcomes(books: Books, *, kills: bool) -> None:
    """Each hand-over ended once, and without faults in no unknown way."""
    ended = books.outcomes()
    assert {tuple(kinds) for kinds in ended.values() if len(kinds) != 1} == set()
    if not kills:
        assert not any(kinds == ["unknown"] for kinds in ended.values())


def check_mails(books: Books, sent: list[Sent], client: Client) -> None:
    """What was answered 250 was handed over once, is `sent`, and arrived once; refusals are decisions that say so."""
    ended, answered = books.outcomes(), Counter[str]()
    for one in sent:
        if one.reply is None or one.reply.code in (421, 451):
            continue
        if one.reply.code == 250:
            assert ended[one.reply.words[0]] == ["sent"]
            answered[one.to] += 1
        else:
            record = books.records[one.reply.words[1]]
            told = (record["kind"], record["outcome"], record["reason"])
            assert told == ("decided", "refuse", one.reply.words[0])
    arrived = Counter(message["to"] for message in left(client, "email"))
    unanswered = Counter(one.to for one in sent if one.reply is None)
    assert answered <= arrived <= answered + unanswered
    column = books.column("email")
    assert column["sent"] <= arrived.total() <= column["sent"] + column["unknown"]


def check_texts(books: Books, texting: Texting, client: Client) -> None:
    """Every accepted text has its acceptance, and left as often as the log says that it was sent."""
    queued = {record["message"] for record in books.of("queued")}
    handed = Counter(record["message"] for record in books.of("handing_over") if record["channel"] == "sms")
    ended = books.outcomes()
    sent = Counter(
        record["message"]
        for record in books.of("handing_over")
        if record["channel"] == "sms" and ended[record["id"]] == ["sent"]
    )
    gone = Counter(message["id"] for message in left(client, "sms"))
    assert {text.id for text in texting.texts if text.id and text.outcome == "accepted"} <= queued
    assert set(handed) <= queued
    assert set(gone) <= set(handed)
    for message in queued:
        assert gone[message] <= 1
        assert sent[message] <= gone[message]
        if gone[message] and not sent[message]:  # its answer was lost with the process
            assert any(
                ended[record["id"]] == ["unknown"]
                for record in books.of("handing_over")
                if record["message"] == message
            )


def left(client: Client, channel: str) -> list[dict[str, str]]:
    """What is in the sandbox."""
    answer = client.http.get("/sandbox/messages", params={"channel": channel})
    assert answer.status_code == 200
    return list(answer.json()["messages"])
