"""Double opt-in from outside: asked by API, answered in a mail that can be trusted, good from the click on."""

import datetime as dt
import re
from typing import Any

import httpx

from tests.end_to_end.client import PATIENCE, Client, address, mail
from tests.end_to_end.signatures import signatures_valid


def ask(gateway: Client, to: str) -> httpx.Response:
    body: dict[str, Any] = {
        "address": to,
        "channels": ["email"],
        "purpose": "marketing",
        "basis": "double_opt_in",
        "source": "newsletter form",
        "at": dt.datetime.now(dt.UTC).isoformat(),
        "evidence": {"form": "footer"},
        "state": "pending",
    }
    return gateway.http.post("/v1/consents", json=body)


def test_who_confirms_gets_mail_and_who_does_not_gets_none(gateway: Client) -> None:
    to = address("double")
    answer = ask(gateway, to)
    assert answer.status_code == 201
    assert answer.json()["state"] == "pending"
    assert gateway.send(mail(), to).code == 550

    [question] = gateway.arrived(to)
    assert question.mail_from == "noreply@example.com"
    assert signatures_valid(question.raw, gateway.facts) == [True, True]
    [link] = set(re.findall(r"https?://\S+/c/[\w-]+", question.text))
    assert httpx.get(link, timeout=PATIENCE, trust_env=False).status_code == 200
    assert gateway.send(mail(), to).code == 550

    assert httpx.post(link, timeout=PATIENCE, trust_env=False).status_code == 200
    assert gateway.send(mail(), to).code == 250
    [consent] = gateway.recipient(to)["consents"]
    assert (consent["id"], consent["basis"]) == (answer.json()["id"], "double_opt_in")


def test_a_repeat_with_its_key_is_the_same_answer(gateway: Client) -> None:
    to = address("twice")
    first, second = ask(gateway, to), ask(gateway, to)
    assert first.json() == second.json()
    assert len(gateway.arrived(to)) == 1
