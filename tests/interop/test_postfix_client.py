"""Postfix as a client: a host's own mail server hands everything to the gateway, as an app with a password."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.client import SHOP, Talk, mail
from tests.end_to_end.processes import until
from tests.interop.house import PROMOTIONS, House, plain_text, stranger
from tests.interop.postfix import Postfix, running
from tests.interop.postfix import version as postfix_version
from tests.interop.tried import Version

pytestmark = pytest.mark.client("Postfix as client")


@pytest.fixture
def postfix(house: House, version: Version) -> Iterator[Postfix]:
    account = house.account(PROMOTIONS)
    server = f"[{account.host}]:{account.port}"
    settings = {
        "relayhost": server,
        "smtp_sasl_auth_enable": "yes",
        "smtp_sasl_password_maps": f"inline:{{{server}={account.username}:{account.password}}}",
        "smtp_sasl_tls_security_options": "noanonymous",
        "smtp_tls_security_level": "encrypt",
    }
    with running(settings) as postfix:
        version(postfix_version())
        yield postfix


def submit(postfix: Postfix, to: str, raw: bytes) -> None:
    with Talk("127.0.0.1", postfix.port, timeout=30) as talk:
        talk.ehlo()
        assert talk.submit(raw, to).code == 250


def test_it_hands_mail_over(house: House, postfix: Postfix) -> None:
    to = house.shop.consented()
    submit(postfix, to, mail(text="Good news.\r\n.A dot\r\n"))
    found = house.arrived(to)
    assert plain_text(found).startswith("Good news.\n.A dot\n")
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    until(lambda: not postfix.queued)


def test_its_author_gets_a_report_of_a_refusal(house: House, postfix: Postfix) -> None:
    """The report goes by the gateway too, from the null sender, untouched."""
    to = stranger()
    submit(postfix, to, mail())

    def reports() -> list[bytes]:
        return [copy.raw for copy in house.copies(SHOP) if to.encode() in copy.raw]

    until(reports)
    [report] = reports()
    assert b"550 5.7.1 no_consent" in report.replace(b"\r\n    ", b" ")
    assert b"Status: 5.7.1" in report
    assert not house.copies(to)


def test_it_tries_again_after_451_and_the_mail_goes_once(house: House, postfix: Postfix) -> None:
    to = house.shop.consented()
    house.hop.answer("END", "451 4.3.0 Busy")
    try:
        submit(postfix, to, mail())
        until(lambda: "status=deferred" in postfix.log)
        assert "said: 451" in postfix.log
    finally:
        house.hop.as_ever()
    house.arrived(to)
    until(lambda: not postfix.queued)
    house.arrived(to)
