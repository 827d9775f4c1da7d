"""curl, as a mail client and as a mailbox provider that presses the button of RFC 8058."""

import re
from pathlib import Path

import pytest

from tests.end_to_end.client import SHOP, address, mail
from tests.interop.conftest import Installed
from tests.interop.house import ORDERS, PROMOTIONS, Done, House, plain_text, program, stranger

pytestmark = pytest.mark.client("curl")
LOGIN_DENIED, REFUSED_RECIPIENT = 67, 55


@pytest.fixture
def curl(installed: Installed) -> str:
    return installed("curl")


def send(curl: str, house: House, file: Path, *to: str, purpose: str = ORDERS, tls: bool = False) -> Done:
    account = house.account(purpose)
    url = f"smtps://{account.host}:{account.tls_port}" if tls else f"smtp://{account.host}:{account.port}"
    trust = ("--ssl-reqd", "--cacert", account.trusted)
    auth = ("--user", f"{account.username}:{account.password}")
    envelope = [word for one in to for word in ("--mail-rcpt", one)]
    return program(curl, "-sSv", url, *trust, *auth, "--mail-from", SHOP, *envelope, "-T", file)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_file(house: House, curl: str, tmp_path: Path, line_end: bytes, *, tls: bool) -> None:
    """It sends what is in the file, bare line feeds too, and doubles no dot after them."""
    to, file = address(), tmp_path / "mail"
    file.write_bytes(mail(text="Good news.\r\n.A dot\r\n").replace(b"\r\n", line_end))
    done = send(curl, house, file, to, tls=tls)
    assert done.returncode == 0, done.stderr
    assert plain_text(house.arrived(to)).rstrip("\n") == "Good news.\n.A dot"


def test_a_refusal_ends_it(house: House, curl: str, tmp_path: Path) -> None:
    to, file = stranger(), tmp_path / "mail"
    file.write_bytes(mail())
    done = send(curl, house, file, to, purpose=PROMOTIONS)
    assert done.returncode == REFUSED_RECIPIENT
    assert "550 5.7.1 no_consent " in done.stderr
    assert not house.copies(to)


def test_a_wrong_password(house: House, curl: str, tmp_path: Path) -> None:
    account, file = house.account(), tmp_path / "mail"
    file.write_bytes(mail())
    url = f"smtp://{account.host}:{account.port}"
    trust = ("--ssl-reqd", "--cacert", account.trusted)
    envelope = ("--mail-from", SHOP, "--mail-rcpt", address())
    done = program(curl, "-sS", url, *trust, "--user", "shop:wrong", *envelope, "-T", file)
    assert done.returncode == LOGIN_DENIED


def test_one_click_stops(house: House, curl: str, tmp_path: Path) -> None:
    """RFC 8058 3.2: a POST of that one field, to what stands in the header."""
    to, file = house.shop.consented(), tmp_path / "mail"
    file.write_bytes(mail())
    assert send(curl, house, file, to, purpose=PROMOTIONS).returncode == 0
    found = house.arrived(to)
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.findall(r"<(https:[^>]+)>", found["List-Unsubscribe"])[0]

    looked = program(curl, "-sS", "-o", tmp_path / "page", "-w", "%{http_code}", house.production.local(link))
    assert looked.stdout == "200"
    assert house.shop.would(to)[0] == "would_send", "a GET changes nothing"
    one_click = ("-d", "List-Unsubscribe=One-Click")
    done = program(curl, "-sS", "-f", *one_click, house.production.local(link))
    assert done.returncode == 0, done.stderr
    assert house.shop.would(to)[1] == "unsubscribed"
