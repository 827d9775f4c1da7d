"""Apps that hand the same mail in again: what was taken goes once, what has no name goes as often as it comes."""

import threading

import pytest

from tests.end_to_end.client import Client, Reply, address, mail

ORDERS = "transactional/orders"


@pytest.mark.parametrize("purpose", [ORDERS, "marketing/promotions"])
def test_a_resend_after_250_is_answered_250_without_a_second_copy(gateway: Client, purpose: str) -> None:
    to, raw = gateway.consented(), mail()
    first = gateway.send(raw, to, purpose=purpose)
    again = gateway.send(raw, to, purpose=purpose)

    assert (first.code, again.code) == (250, 250)
    assert first.words[0] == again.words[0]
    assert len(gateway.arrived(to)) == 1


def test_the_same_mail_without_message_id_goes_twice(gateway: Client) -> None:
    to, raw = address(), mail(message_id=None)
    assert [gateway.send(raw, to, purpose=ORDERS).code for _ in range(2)] == [250, 250]
    assert len(gateway.arrived(to)) == 2


def test_another_text_under_the_same_message_id_is_another_mail(gateway: Client) -> None:
    to, name = address(), f"<{address()}>"
    for text in ("one\r\n", "two\r\n"):
        assert gateway.send(mail(text=text, message_id=name), to, purpose=ORDERS).code == 250
    assert len(gateway.arrived(to)) == 2


def test_a_message_key_says_what_is_the_same(gateway: Client) -> None:
    to = address()
    for text in ("one\r\n", "two\r\n"):
        raw = mail(f"X-Gateway-Message-Key: {to}", text=text)
        assert gateway.send(raw, to, purpose=ORDERS).code == 250
    [arrived] = gateway.arrived(to)
    assert arrived.text == "one\r\n"


def test_a_resend_to_more_recipients_reaches_the_new_ones_only(gateway: Client) -> None:
    first, second, raw = address(), address(), mail()
    assert gateway.send(raw, first, purpose=ORDERS).code == 250
    assert gateway.send(raw, first, second, purpose=ORDERS).code == 250
    assert [len(gateway.arrived(to)) for to in (first, second)] == [1, 1]


def test_a_resend_after_a_stop_is_refused(gateway: Client) -> None:
    to, raw = gateway.consented(), mail()
    assert gateway.send(raw, to).code == 250
    gateway.stop(to, purpose="marketing")
    assert gateway.send(raw, to).words[0] == "unsubscribed"


def test_the_same_mail_from_many_sessions_at_once_arrives_once(gateway: Client) -> None:
    """Nobody hears 250 for a copy that another try was still handing over, unless it was sent."""
    to, raw = address(), mail()
    replies: list[Reply] = []

    def hand_in() -> None:
        replies.append(gateway.send(raw, to, purpose=ORDERS))

    threads = [threading.Thread(target=hand_in) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(replies) == 12
    assert {reply.code for reply in replies} <= {250, 451}
    assert {reply.status for reply in replies if reply.code == 451} <= {"4.3.0"}
    assert len({reply.words[0] for reply in replies if reply.code == 250}) == 1
    assert len(gateway.arrived(to)) == 1
