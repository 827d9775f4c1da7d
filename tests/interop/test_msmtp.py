"""msmtp, the sendmail of machines without a mail server: scripts and cron hand their mail to it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.client import SHOP, address, mail
from tests.interop.conftest import Installed
from tests.interop.house import ORDERS, PROMOTIONS, Done, House, plain_text, program, stranger

pytestmark = pytest.mark.client("msmtp")
UNAVAILABLE, REFUSED = 69, 65  # sysexits.h: EX_UNAVAILABLE, EX_DATAERR
WORDS = "Grüße aus Köln.\n.A line that begins with a dot\n"
MIME = ("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")


@pytest.fixture
def send(house: House, installed: Installed, tmp_path: Path) -> Callable[..., Done]:
    msmtp = installed("msmtp")

    def run(to: str, raw: bytes, purpose: str = ORDERS) -> Done:
        account, config = house.account(purpose), tmp_path / "msmtprc"
        config.write_text(
            f"account default\nhost {account.host}\nport {account.port}\nfrom {SHOP}\n"
            f"tls on\ntls_starttls on\ntls_trust_file {account.trusted}\n"
            f"auth on\nuser {account.username}\npassword {account.password}\n"
        )
        config.chmod(0o600)
        return program(msmtp, "-C", config, "--", to, told=raw)

    return run


def test_a_mail_with_the_line_ends_of_a_unix_file(house: House, send: Callable[..., Done]) -> None:
    to = address()
    done = send(to, mail(*MIME, text=WORDS).replace(b"\r\n", b"\n"))
    assert done.returncode == 0, done.stderr
    assert plain_text(house.arrived(to)) == WORDS


def test_a_refusal_is_its_exit_code_and_its_reason(house: House, send: Callable[..., Done]) -> None:
    to = stranger()
    done = send(to, mail(), PROMOTIONS)
    assert done.returncode == REFUSED
    assert "550 5.7.1 no_consent " in done.stderr
    assert not house.copies(to)


def test_try_again_is_an_exit_code_of_its_own(house: House, send: Callable[..., Done]) -> None:
    """It has no queue: who called it tries again, and that goes once."""
    to, raw = address(), mail("Date: Tue, 24 Nov 2026 18:00:00 +0000")  # it would add one, of each time
    house.hop.answer("END", "451 4.3.0 Busy")
    try:
        done = send(to, raw)
    finally:
        house.hop.as_ever()
    assert done.returncode == UNAVAILABLE
    assert "451 4.3.0" in done.stderr
    assert send(to, raw).returncode == send(to, raw).returncode == 0
    house.arrived(to)
