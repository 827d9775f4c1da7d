"""What the next hop says, and how it fails: reply, log and reports tell it as it was."""

import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import cast

import pytest

from tests.end_to_end.client import Reply, address, mail
from tests.end_to_end.hop import Hop
from tests.end_to_end.processes import until
from tests.end_to_end.production import AppClient, Production

DONE = "250 2.0.0 Ok: queued as 4F2A77B1"


@pytest.fixture(scope="module")
def good_hop() -> Iterator[Hop]:
    with Hop() as hop:
        yield hop


@pytest.fixture(scope="module")
def production(good_hop: Hop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    production = Production(tmp_path_factory.mktemp("hop"), good_hop.port)
    production.command("init")
    production.begin()
    yield production
    production.end()


@pytest.fixture
def hop(good_hop: Hop) -> Iterator[Hop]:
    yield good_hop
    good_hop.as_ever()


@pytest.fixture
def shop(production: Production) -> AppClient:
    return production.client("shop")


@pytest.mark.parametrize(
    ("step", "says", "code", "status", "state"),
    [
        ("END", DONE, 250, "2.0.0", "sent"),
        ("END", DONE + " <close>", 250, "2.0.0", "sent"),
        ("END", "554 5.7.1 looks like spam", 554, "5.7.1", "rejected"),
        ("END", "552 too much", 552, "5.3.4", "rejected"),
        ("END", "451 4.7.1 greylisted", 451, "4.7.1", "postponed"),
        ("END", "421 4.3.2 going down", 451, "4.3.2", "postponed"),
        ("END", "<close>", 451, "4.4.2", "unknown"),
        ("END", "<kill>", 451, "4.4.2", "unknown"),
        ("END", "<hang>", 451, "4.4.2", "unknown"),
        ("MAIL", "550 5.7.1 not you", 550, "5.7.1", "rejected"),
        ("MAIL", "452 4.3.1 disk full", 451, "4.3.1", "postponed"),
        ("RCPT", "550 5.1.1 no such user", 550, "5.1.1", "rejected"),
        ("RCPT", "450 4.2.0 busy", 451, "4.2.0", "postponed"),
        ("RCPT", "<close>", 451, "4.4.2", "postponed"),
        ("RCPT", "<hang>", 451, "4.4.2", "postponed"),
        ("DATA", "451 4.3.0 not now", 451, "4.3.0", "postponed"),
        ("DATA", "554 5.0.0 no", 554, "5.0.0", "rejected"),
        ("DATA", "<close>", 451, "4.4.2", "postponed"),
    ],
)
def test_the_hops_word_is_passed_on_and_logged(
    shop: AppClient, hop: Hop, step: str, says: str, code: int, status: str, state: str
) -> None:
    hop.answer(step, says)
    to, raw = address(), mail()
    reply = shop.send(raw, to)

    assert (reply.code, reply.status) == (code, status)
    assert [line["kind"] for line in shop.log(recipient=to)] == ["handing_over", state]
    assert len(hop.taken(to)) == (code == 250)

    hop.as_ever()
    again = shop.send(raw, to)
    assert again.code == 250
    assert len(hop.taken(to)) == 1
    kinds = [line["kind"] for line in shop.log(recipient=to)]
    assert kinds[2:] == ([] if state == "sent" else ["handing_over", "sent"])
    duplicates = [line.get("duplicate", False) for line in shop.log(recipient=to)]
    assert any(duplicates) == (state == "unknown"), "the log says when it may have gone twice"


@pytest.mark.parametrize("greeting", ["421 4.3.2 no service", "554 5.3.2 go away", "<close>", "<hang>"])
def test_a_hop_that_cannot_be_spoken_to_leaves_no_hand_over_behind(
    shop: AppClient, hop: Hop, greeting: str
) -> None:
    hop.answer("GREETING", greeting)
    for step in ("RSET", "MAIL"):  # the connection that was kept goes
        hop.answer(step, "421 4.3.2 restarting <close>")
    shop.send(mail(), address())
    to, raw = address(), mail()
    reply = shop.send(raw, to)
    assert (reply.code, reply.status) == (451, "4.4.1")
    assert shop.log(recipient=to) == []
    hop.as_ever()
    assert shop.send(raw, to).code == 250


def test_a_client_that_resends_while_its_first_try_is_relayed_waits_and_gets_no_second_copy(
    shop: AppClient, hop: Hop
) -> None:
    hop.sink.delay["END"] = 1.0
    to, raw = address(), mail()
    first: list[Reply] = []
    sending = threading.Thread(target=lambda: first.append(shop.send(raw, to)))
    sending.start()
    until(lambda: [line["kind"] for line in shop.log(recipient=to)] == ["handing_over"])
    meanwhile = shop.send(raw, to)
    assert (meanwhile.code, meanwhile.status) == (451, "4.3.0")
    sending.join()
    after = shop.send(raw, to)

    assert [first[0].code, after.code] == [250, 250]
    assert first[0].words[0] == after.words[0]
    assert len(hop.taken(to)) == 1


def test_a_client_that_vanishes_before_its_reply_finds_its_mail_sent(shop: AppClient, hop: Hop) -> None:
    hop.sink.delay["END"] = 0.5
    to, raw = address(), mail()
    with shop.talk() as talk:
        talk.envelope("shop@example.com", to)
        talk.say("DATA")
        talk.send(raw + b".\r\n")
        until(lambda: [line["kind"] for line in shop.log(recipient=to)] == ["handing_over"])
        talk.close()
    until(lambda: [line["kind"] for line in shop.log(recipient=to)] == ["handing_over", "sent"])
    assert shop.send(raw, to).code == 250
    assert len(hop.taken(to)) == 1


def report_parts(raw: bytes) -> tuple[EmailMessage, Message, str]:
    """The whole, its fields about the recipient, and the original's header."""
    parsed = message_from_bytes(raw, policy=default)
    _, status, headers = parsed.iter_parts()
    _, recipient = cast("list[Message]", status.get_payload())
    return parsed, recipient, str(headers.get_payload())


def test_a_partly_rejected_message_is_taken_and_reported_once(shop: AppClient, hop: Hop) -> None:
    good, bad, returns = address("good"), address("bad"), address("returns")
    hop.sink.rcpt[bad] = "550 5.1.1 no such user here"
    raw = mail(subject="To two")
    taken = shop.send(raw, good, bad, mail_from=returns)
    assert taken.code == 250
    assert len(hop.taken(good)) == 1

    [report] = hop.taken(returns)
    assert report.mail_from == ""
    parsed, recipient, headers = report_parts(report.raw)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed["Auto-Submitted"]
    assert recipient["Final-Recipient"] == f"rfc822; {bad}"
    assert recipient["Action"] == "failed"
    assert recipient["Status"] == "5.1.1"
    assert "no such user here" in recipient["Diagnostic-Code"]
    assert "Subject: To two" in headers
    assert good not in report.raw.decode()

    assert shop.send(raw, good, bad, mail_from=returns).code == 250
    assert [len(hop.taken(to)) for to in (good, returns)] == [1, 1]
    shown = shop.http.get(f"/v1/messages/{taken.words[0]}").json()
    assert {line["kind"] for line in shown["history"]} == {"handing_over", "sent", "rejected"}


def test_a_partly_postponed_message_comes_again_and_goes_to_the_rest_only(shop: AppClient, hop: Hop) -> None:
    first, second, third = address(), address(), address()
    hop.sink.rcpt[second] = "450 4.2.0 busy"
    raw = mail()
    assert shop.send(raw, first, second, third).code == 451
    assert [len(hop.taken(to)) for to in (first, second, third)] == [1, 0, 1]
    hop.sink.rcpt.clear()
    assert shop.send(raw, first, second, third).code == 250
    assert [len(hop.taken(to)) for to in (first, second, third)] == [1, 1, 1]


def test_a_message_that_is_rejected_for_all_is_refused_without_a_report(shop: AppClient, hop: Hop) -> None:
    hop.answer("RCPT", "550 5.1.1 no such user")
    returns = address("returns")
    refused = shop.send(mail(), address(), address(), mail_from=returns)
    assert (refused.code, refused.status) == (550, "5.1.1")
    hop.as_ever()
    assert hop.taken(returns) == []


def test_what_the_hop_says_is_logged_without_addresses(shop: AppClient, hop: Hop) -> None:
    to = address("named")
    hop.answer("END", f"550 5.1.1 <{to}>: user unknown; see postmaster@hop.example")
    refused = shop.send(mail(), to)
    assert refused.code == 550
    assert "@" not in refused.text
    assert "@" not in str(shop.log(recipient=to))


def test_content_goes_on_as_it_is_with_dots_stuffed(shop: AppClient, hop: Hop) -> None:
    to = address()
    raw = mail(text=".\r\n..\r\n.x\r\nfoo\r\n.\r\n\r\n")
    assert shop.send(raw, to).code == 250
    assert hop.taken(to)[0].raw.endswith(raw)
