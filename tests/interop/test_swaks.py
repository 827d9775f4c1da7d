"""swaks, what operators try a mail server with."""

import pytest

from tests.end_to_end.client import SHOP, address
from tests.interop.conftest import Installed
from tests.interop.house import FREE, ORDERS, PROMOTIONS, Done, House, plain_text, program, stranger

pytestmark = pytest.mark.client("swaks")


@pytest.fixture
def swaks(installed: Installed) -> str:
    return installed("swaks")


def send(swaks: str, house: House, to: str, *how: str, purpose: str = ORDERS) -> Done:
    account = house.account(purpose)
    server = ("--server", account.host, "--port", str(account.port))
    auth = ("--auth-user", account.username, "--auth-password", account.password)
    content = ("--h-From", SHOP, "--body", "Good news.\n.Dots\n")
    return program(swaks, *server, *auth, "--from", SHOP, "--to", to, *content, *how)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_starttls_and_each_mechanism(house: House, swaks: str, mechanism: str) -> None:
    to = address()
    done = send(swaks, house, to, "--tls", "--auth", mechanism)
    assert done.returncode == 0, done.stdout
    assert "250 2.0.0 " in done.stdout
    assert plain_text(house.arrived(to)).rstrip() == "Good news.\n.Dots"


def test_pipelining(house: House, swaks: str) -> None:
    to = address()
    done = send(swaks, house, to, "--tls", "--auth", "PLAIN", "--pipeline")
    assert done.returncode == 0, done.stdout
    house.arrived(to)


def test_a_password_without_tls_is_not_asked_for(house: House, swaks: str) -> None:
    to = address()
    assert send(swaks, house, to).returncode != 0
    assert not house.copies(to)


def test_no_password_from_a_network_that_the_settings_name(house: House, swaks: str) -> None:
    to, account = address(), house.account()
    server = ("--server", account.host, "--port", str(account.port), "--local-interface", FREE)
    done = program(swaks, *server, "--from", SHOP, "--to", to, "--h-From", SHOP)
    assert done.returncode == 0, done.stdout
    house.arrived(to)


def test_a_refusal_is_shown_with_its_reason(house: House, swaks: str) -> None:
    to = stranger()
    done = send(swaks, house, to, "--tls", "--auth", "PLAIN", purpose=PROMOTIONS)
    assert done.returncode != 0
    assert "550 5.7.1 no_consent " in done.stdout
    assert not house.copies(to)
