"""Django's mail backend, in a process as a web application's."""

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.client import SHOP, address
from tests.interop.house import ORDERS, PROMOTIONS, House, attachments, plain_text, program, stranger
from tests.interop.tried import Version

pytestmark = pytest.mark.client("Django")
APP = Path(__file__).with_name("django_app.py")
WORDS = "Grüße aus Köln: 5 € für Sie.\n.A line that begins with a dot\n"
PDF = bytes(range(256)) * 20


def run(house: House, kind: str, purpose: str = ORDERS, **more: Any) -> dict[str, Any]:
    account = house.account(purpose)
    settings = {
        "EMAIL_HOST": account.host, "EMAIL_PORT": account.port,
        "EMAIL_HOST_USER": account.username, "EMAIL_HOST_PASSWORD": account.password,
    }  # fmt: skip
    job = {"kind": kind, "settings": settings, "subject": "Größe 42", "text": WORDS, "from": SHOP} | more
    done = program(sys.executable, APP, told=json.dumps(job), SSL_CERT_FILE=str(account.trusted))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_send_mail(house: House, version: Version) -> None:
    version(importlib.metadata.version("django"))
    to = address()
    assert run(house, "single", to=to) == {"sent": 1}
    found = house.arrived(to)
    assert found["Subject"] == "Größe 42"
    assert plain_text(found) == WORDS


def test_alternatives_and_attachments_with_a_way_out(house: House) -> None:
    to, html = house.shop.consented(), "<html><body><p>Grüße</p></body></html>"
    assert run(house, "alternatives", PROMOTIONS, to=to, html=html, pdf=PDF.hex()) == {"sent": 1}
    found = house.arrived(to)
    assert plain_text(found).startswith(WORDS)
    shown = found.get_body(("html",))
    assert shown is not None
    assert "<p>Grüße</p>" in shown.get_content()
    for text in (plain_text(found), shown.get_content()):
        assert "https://mail.example.com/u/" in text
    assert attachments(found) == {
        "bill.pdf": PDF,
        "grüße.txt": "Grüße\r\n".encode(),
    }  # lines end as on the wire


def test_mass_mail_over_one_connection(house: House) -> None:
    everybody = [address() for _ in range(10)]
    assert run(house, "mass", everybody=everybody) == {"sent": 10}
    assert [plain_text(house.arrived(to)) for to in everybody] == [WORDS] * 10


def test_a_refusal_is_an_exception_with_its_reason(house: House) -> None:
    to = stranger()
    [(code, text)] = run(house, "single", PROMOTIONS, to=to)["refused"].values()
    assert (code, text.split()[:2]) == (550, ["5.7.1", "no_consent"])
    assert not house.copies(to)
