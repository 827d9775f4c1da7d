"""Python's own client, as most scripts use it."""

import platform
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from tests.end_to_end.client import PATIENCE, SHOP, address
from tests.interop.house import FREE, ORDERS, PROMOTIONS, House, plain_text, stranger
from tests.interop.tried import Version

pytestmark = pytest.mark.client("Python smtplib")
WORDS = "Grüße aus Köln: 5 € für Sie, नमस्ते.\n.A line that begins with a dot\n"


@contextmanager
def connected(house: House, purpose: str = ORDERS) -> Iterator[smtplib.SMTP]:
    account = house.account(purpose)
    trust = ssl.create_default_context(cafile=account.trusted)
    with smtplib.SMTP(account.host, account.port, timeout=PATIENCE) as client:
        client.starttls(context=trust)
        client.login(account.username, account.password)
        yield client


def written(to: str, text: str = WORDS, cte: str = "8bit") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SHOP, to, "Ihre Bestellung: Größe 42"
    message.set_content(text, cte=cte)
    return message


@pytest.mark.parametrize("cte", ["8bit", "quoted-printable", "base64"])
def test_starttls_and_a_text_in_any_encoding(house: House, version: Version, cte: str) -> None:
    version(platform.python_version())
    to = address()
    with connected(house) as client:
        assert client.send_message(written(to, cte=cte)) == {}
    found = house.arrived(to)
    assert plain_text(found) == WORDS
    assert found["Content-Transfer-Encoding"] == cte
    assert found["Subject"] == "Ihre Bestellung: Größe 42"


def test_tls_from_the_first_byte(house: House) -> None:
    to, account = address(), house.account()
    trust = ssl.create_default_context(cafile=account.trusted)
    with smtplib.SMTP_SSL(account.host, account.tls_port, timeout=PATIENCE, context=trust) as client:
        client.login(account.username, account.password)
        client.send_message(written(to))
    assert plain_text(house.arrived(to)) == WORDS


def test_plain_from_a_network_that_the_settings_name(house: House) -> None:
    to, account = address(), house.account()
    with smtplib.SMTP(account.host, account.port, timeout=PATIENCE, source_address=(FREE, 0)) as client:
        client.send_message(written(to))
    assert plain_text(house.arrived(to)) == WORDS


def test_an_address_that_is_not_ascii(house: House) -> None:
    """The message is UTF-8 in its headers too, and its sender asks for SMTPUTF8."""
    to = address("jürgen")
    with connected(house) as client:
        client.send_message(written(to))
    [copy] = house.copies(to)
    assert "SMTPUTF8" in copy.options
    assert to in house.arrived(to)["To"]


def test_a_refusal_is_an_exception_with_its_reason(house: House) -> None:
    to = stranger()
    with connected(house, PROMOTIONS) as client, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.send_message(written(to))
    code, text = refused.value.recipients[to]
    assert (code, text.split()[:2]) == (550, [b"5.7.1", b"no_consent"])
    assert not house.copies(to)


def test_of_two_recipients_the_one_who_may_gets_it(house: House) -> None:
    friend, other = house.shop.consented(), stranger()
    with connected(house, PROMOTIONS) as client:
        refused = client.sendmail(SHOP, [friend, other], written(friend).as_bytes())
    assert list(refused) == [other]
    text = plain_text(house.arrived(friend))
    assert text.startswith(WORDS)
    assert "https://mail.example.com/u/" in text
    assert not house.copies(other)


def test_mails_one_after_the_other_over_one_connection(house: House) -> None:
    everybody = [address() for _ in range(20)]
    with connected(house) as client:
        for to in everybody:
            client.send_message(written(to))
    assert [plain_text(house.arrived(to)) for to in everybody] == [WORDS] * 20
