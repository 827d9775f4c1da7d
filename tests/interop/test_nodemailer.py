"""nodemailer, in a process as a Node.js application's."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.client import SHOP, address
from tests.interop.house import ORDERS, PROMOTIONS, House, attachments, plain_text, program, stranger
from tests.interop.tried import ROOT, Version

pytestmark = pytest.mark.client("nodemailer")
APP = Path(__file__).with_name("nodemailer_app.js")
MODULES = ROOT / "build" / "npm" / "node_modules"
WORDS = "Grüße aus Köln: 5 € für Sie.\n.A line that begins with a dot\n"
PDF = bytes(range(256)) * 20


@pytest.fixture(autouse=True)
def _modules(version: Version) -> None:
    package = MODULES / "nodemailer" / "package.json"
    if shutil.which("node") is None or not package.exists():
        pytest.skip("no nodemailer: npm install --no-save --prefix build/npm axe-core nodemailer")
    version(json.loads(package.read_text())["version"])


def send(
    house: House, *messages: dict[str, Any], purpose: str = ORDERS, **transport: Any
) -> list[dict[str, Any]]:
    account = house.account(purpose)
    options = {
        "host": account.host, "port": account.port, "requireTLS": True,
        "auth": {"user": account.username, "pass": account.password},
    }  # fmt: skip
    usual = {"from": f"The Shop <{SHOP}>", "subject": "Größe 42", "text": WORDS}
    job = {"transport": options | transport, "messages": [usual | message for message in messages]}
    trust = {"NODE_EXTRA_CA_CERTS": str(account.trusted), "NODE_PATH": str(MODULES)}
    done = program("node", APP, told=json.dumps(job), **trust)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_a_text(house: House) -> None:
    to = address()
    [sent] = send(house, {"to": to})
    assert sent["response"].startswith("250 2.0.0 ")
    assert sent["accepted"] == [to]
    found = house.arrived(to)
    assert found["Subject"] == "Größe 42"
    assert plain_text(found) == WORDS


def test_tls_from_the_first_byte(house: House) -> None:
    to = address()
    send(house, {"to": to}, port=house.account().tls_port, secure=True)
    assert plain_text(house.arrived(to)) == WORDS


def test_html_and_attachments_with_a_way_out(house: House) -> None:
    to = house.shop.consented()
    attached = [{"filename": "grüße.pdf", "content": PDF.hex(), "encoding": "hex"}]
    send(house, {"to": to, "html": "<p>Grüße</p>", "attachments": attached}, purpose=PROMOTIONS)
    found = house.arrived(to)
    assert plain_text(found).startswith(WORDS)
    shown = found.get_body(("html",))
    assert shown is not None
    for text in (plain_text(found), shown.get_content()):
        assert "https://mail.example.com/u/" in text
    assert attachments(found) == {"grüße.pdf": PDF}


def test_a_pool_of_connections(house: House) -> None:
    everybody = [address() for _ in range(10)]
    send(house, *({"to": to} for to in everybody), pool=True, maxConnections=2)
    assert [plain_text(house.arrived(to)) for to in everybody] == [WORDS] * 10


def test_a_refusal_is_an_error_with_its_reason(house: House) -> None:
    to = stranger()
    [refused] = send(house, {"to": to}, purpose=PROMOTIONS)
    assert refused["code"] == 550
    assert "550 5.7.1 no_consent " in refused["response"]
    assert not house.copies(to)
