"""Promise 2: from the moment that a stop was answered nothing that it covers leaves."""

import threading
import time

import pytest

from tests.end_to_end.client import Client, click, mail

ROUNDS = 12
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


@pytest.mark.slow
def test_after_the_answer_to_a_click_no_new_message_appears(gateway: Client) -> None:
    """Sessions that send without a pause, and one click among them, again and again."""
    allowed = refused = 0
    with_answers: list[tuple[int, int]] = []
    for _ in range(ROUNDS):
        to = gateway.consented("raced")
        assert gateway.send(mail(), to).code == 250
        link = gateway.arrived(to)[0].footer_link
        clicked = threading.Event()
        begun_after: list[int] = []

        def hand_in(to: str = to, clicked: threading.Event = clicked, late: list[int] = begun_after) -> None:
            with gateway.talk() as talk:
                for _ in range(25):
                    after = clicked.is_set()
                    code = talk.submit(mail(), to).code
                    with_answers.append((after, code))
                    if after:
                        late.append(code)

        threads = [threading.Thread(target=hand_in) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        assert click(link).status_code == 200
        clicked.set()
        # A hand-over that was committed before the click ends within moments; then the number stands.
        time.sleep(0.3)
        then = len(gateway.arrived(to))
        for thread in threads:
            thread.join()
        now = len(gateway.arrived(to))

        assert set(begun_after) <= {550}
        assert now == then
        sent = [line for line in gateway.log(recipient=to, limit=1000) if line["kind"] == "sent"]
        assert len(sent) <= now
    allowed = sum(code == 250 for _, code in with_answers)
    refused = sum(code == 550 for _, code in with_answers)
    assert allowed + refused == len(with_answers) == ROUNDS * SENDERS * 25
    assert allowed
    assert refused
