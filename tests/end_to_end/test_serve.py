"""`gateway serve` as an operator runs it: settings file, keys, client networks, apps that differ."""

import contextlib
import json
import signal
import smtplib
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from typing import Self

import dkim
import httpx
import pytest

from tests.end_to_end.client import PATIENCE, Talk, address, click, mail
from tests.end_to_end.hop import Hop
from tests.end_to_end.load import Load
from tests.end_to_end.processes import run, until
from tests.end_to_end.production import AppClient, Production, anybody


@pytest.fixture(scope="module")
def hop() -> Iterator[Hop]:
    with Hop() as hop:
        yield hop


@pytest.fixture(scope="module")
def production(hop: Hop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    production = Production(tmp_path_factory.mktemp("serve"), hop.port, workers=2)
    production.command("init")
    production.begin()
    yield production
    production.end()


@pytest.fixture
def shop(production: Production) -> AppClient:
    return production.client("shop")


def test_marketing_reaches_the_next_hop_signed_and_its_link_stops_the_next_one(
    production: Production, shop: AppClient, hop: Hop
) -> None:
    to = shop.consented()
    taken = shop.send(mail(), to, purpose="marketing/promotions")
    assert (taken.code, taken.status) == (250, "2.0.0")
    assert "queued as 4F2A77B1" in taken.text
    [copy] = hop.taken(to)
    parsed = message_from_bytes(copy.raw, policy=default)
    link = parsed["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://mail.example.com/u/")
    assert copy.mail_from == "shop@example.com"

    shown = production.command("check").splitlines()
    [record] = [line for line in shown if line.startswith("# DNS: s1._domainkey.example.com TXT ")]
    txt = record.partition('TXT "')[2].rstrip('"').encode()
    assert dkim.verify(copy.raw, dnsfunc=lambda _name, timeout=5: txt)  # noqa: ARG005 - dkimpy's own signature

    assert click(production.local(link)).status_code == 200
    assert shop.send(mail(), to, purpose="marketing/promotions").words[0] == "unsubscribed"
    explained = production.command(
        "explain", to, "--channel", "email", "--purpose", "marketing/promotions", "--app", "shop"
    )
    assert explained.splitlines()[0].startswith("refuse unsubscribed by rule ")


def test_credentials_go_over_tls_only(shop: AppClient, production: Production) -> None:
    with shop.plain() as talk:
        assert not talk.has_extn("auth")
        assert talk.say("AUTH PLAIN AHNob3AAd3Jvbmc=").code == 538
        assert talk.say("MAIL FROM:<shop@example.com>").code == 530
    with smtplib.SMTP_SSL(
        "127.0.0.1", production.ports["smtps"], timeout=PATIENCE, context=anybody()
    ) as talk:
        talk.login("shop", shop.key)


def test_a_revoked_key_opens_nothing_any_more(production: Production) -> None:
    issued = run("keys", "issue", "--app", "shop", "--label", "old", "--config", production.config)
    secret, key_id = issued.stdout.strip(), issued.stderr.split()[1].rstrip(".")
    client = production.client("shop", secret)
    assert client.order(address()).code == 250
    assert client.would(address(), "transactional/orders")[0] == "would_send"
    listed = production.command("keys", "list")
    assert key_id in listed
    assert secret not in listed

    production.command("keys", "revoke", key_id)
    assert client.turned_away().code == 535
    assert client.http.get(f"/v1/recipients/{address()}").status_code == 401
    assert key_id not in production.command("keys", "list")
    assert run("keys", "revoke", key_id, "--config", production.config).returncode != 0


def test_a_key_opens_its_own_app_only(shop: AppClient, production: Production) -> None:
    assert production.client("stranger", shop.key).turned_away().code == 535


def test_a_program_that_cannot_authenticate_is_known_by_its_network(shop: AppClient, hop: Hop) -> None:
    to = address()
    with shop.plain("127.0.0.2") as talk:
        assert talk.submit(mail(), to).code == 250
    assert hop.taken(to)
    [made, _] = shop.log(recipient=to)
    assert (made["app"], made["purpose"]) == ("legacy", "transactional/orders")
    with shop.plain("127.0.0.3") as talk:
        assert talk.say("MAIL FROM:<shop@example.com>").code == 530


def test_an_app_may_name_its_purpose_in_a_header(production: Production, hop: Hop) -> None:
    mixed, to = production.client("mixed"), address()
    promotion = mail("X-Gateway-Purpose: marketing/promotions")
    with mixed.talk() as talk:
        assert talk.envelope("shop@example.com", to)[0].code == 250, "not known before the header"
        assert talk.content(promotion).words[0] == "no_consent"
    assert mixed.send(mail("X-Gateway-Purpose: transactional/orders"), to).code == 250
    assert mixed.send(mail(), to).code == 250
    assert mixed.send(mail("X-Gateway-Purpose: marketing/surveys"), to).words[0] == "not_permitted"
    assert mixed.send(mail("X-Gateway-Purpose: marketing/surveys"), to).code == 550
    assert len(hop.taken(to)) == 2
    assert b"X-Gateway" not in b"".join(one.raw for one in hop.taken(to))

    mixed.consent(to)
    assert mixed.send(promotion, to).code == 250


def test_an_app_uses_its_own_purposes_and_from_domains_only(
    production: Production, shop: AppClient, hop: Hop
) -> None:
    to = shop.consented()
    forged = mail(sender="Bank <bank@bank.example>")
    refused = shop.send(forged, to, purpose="marketing/promotions")
    assert (refused.code, refused.status) == (550, "5.7.1")
    assert "From domain" in refused.text
    mixed = production.client("mixed")
    assert mixed.send(mail(), to, purpose="marketing/surveys").words[0] == "not_permitted"
    assert production.client("texts").order(to).words[0] == "not_permitted", "mail is none of its channels"
    assert hop.taken(to) == []


def test_a_consent_to_one_sender_is_none_to_another(production: Production, shop: AppClient) -> None:
    to = shop.consented()
    stranger = production.client("stranger", production.issue("stranger", "app"))
    assert stranger.would(to)[1] == "no_consent"
    assert stranger.http.get(f"/v1/recipients/{to}").json()["consents"] == []
    assert stranger.log(recipient=to) == []


def test_production_shows_no_sandbox_and_its_health_to_operators_only(
    production: Production, shop: AppClient
) -> None:
    for path in ("/sandbox", "/sandbox/messages", "/healthz", "/readyz", "/metrics"):
        assert shop.http.get(path).status_code == 404, path
    assert shop.http.put("/sandbox/clock", json={"now": None}).status_code == 404
    assert production.operations("/healthz").status_code == 200
    assert production.operations("/readyz").status_code == 200
    assert production.operations("/v1/log?decision=x").status_code == 404


def test_its_log_is_json_and_tells_no_address(production: Production, shop: AppClient) -> None:
    to = address("secretive")
    shop.order(to)
    lines = production.running.output.read_text().splitlines()
    assert all(json.loads(line) for line in lines if line.startswith("{"))
    assert "secretive" not in production.running.output.read_text()


def test_idle_tls_clients_hold_up_no_restart(production: Production, shop: AppClient) -> None:
    """They hear 421 and never say their part of TLS's farewell."""
    before, begun = production.running.workers, time.monotonic()
    direct = smtplib.SMTP_SSL("127.0.0.1", production.ports["smtps"], timeout=PATIENCE, context=anybody())
    with shop.talk() as talk, contextlib.closing(direct):
        production.running.process.send_signal(signal.SIGHUP)
        until(lambda: not production.running.workers & before and len(production.running.workers) == 2)
        assert time.monotonic() - begun < 15
        assert talk.say("NOOP").code == 421


class Look:
    """New connections to both doors, one after the other; `broken` has what went wrong with them."""

    def __init__(self, production: Production) -> None:
        self.broken: list[str] = []
        self._production = production
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.01):
            try:
                assert self._production.operations("/healthz").status_code == 200
                with Talk("127.0.0.1", self._production.ports["smtp"], timeout=PATIENCE) as talk:
                    assert talk.ehlo()[0] in (250, 421)
            except (httpx.HTTPError, smtplib.SMTPException, OSError, AssertionError) as error:
                self.broken.append(repr(error))


@pytest.mark.slow
def test_workers_are_replaced_under_load_and_nobody_notices_more_than_a_421(
    production: Production, shop: AppClient, hop: Hop
) -> None:
    """SIGHUP: no connection is refused or cut in mid-message, the books balance."""
    before = production.running.workers
    to, raw = address("patient"), mail(text="word " * 1000)
    with shop.talk() as talk, Load(shop, sessions=4) as load, Look(production) as look:
        talk.envelope("shop@example.com", to)
        assert talk.say("DATA").code == 354
        talk.send(raw[:500])
        production.running.process.send_signal(signal.SIGHUP)
        until(lambda: production.running.workers - before)
        time.sleep(1.0)  # one of them drains by now: this one, perhaps
        talk.send(raw[500:] + b"\r\n.\r\n")
        assert talk.getreply()[0] == 250
        until(lambda: not production.running.workers & before and len(production.running.workers) == 2)

    assert look.broken == []
    assert load.codes <= {250, 421}
    arrived = {one.to for one in hop.sink.taken}
    assert load.taken <= arrived
    assert not {one.to for one in load.unanswered} & arrived, "what broke had not begun to leave"
