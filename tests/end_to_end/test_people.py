"""What one address of a person stops or has erased, from outside."""

import datetime as dt
from typing import Any

import httpx

from tests.end_to_end.client import PATIENCE, Client, address, click, mail
from tests.end_to_end.conftest import Start


def put(gateway: Client, person: str, *addresses: str, **told: Any) -> int:
    answer = gateway.http.put(f"/v1/people/{person}", json={"addresses": addresses, **told})
    return answer.status_code


def event(gateway: Client, kind: str, **more: Any) -> int:
    now = dt.datetime.now(dt.UTC).isoformat()
    answer = gateway.http.post("/v1/events", json={"type": kind, "at": now, "id": address("event"), **more})
    return answer.status_code


def test_a_click_on_everything_stops_mail_to_all_addresses_those_linked_later_included(
    gateway: Client,
) -> None:
    person, first, second, third = address(), *(gateway.consented() for _ in range(3))
    assert put(gateway, person, first, second) == 200
    assert gateway.send(mail(), first).code == 250

    link = gateway.arrived(first)[0].footer_link
    clicked = httpx.post(link, data={"scope": "everything"}, timeout=PATIENCE, trust_env=False)

    assert clicked.status_code == 200
    assert gateway.send(mail(), second).words[0] == "unsubscribed"
    assert gateway.send(mail(), third).code == 250
    assert put(gateway, person, first, second, third) == 200
    assert gateway.send(mail(), third).words[0] == "unsubscribed"


def test_a_one_click_stop_stays_with_its_address(gateway: Client) -> None:
    first, second = gateway.consented(), gateway.consented()
    put(gateway, address(), first, second)
    assert gateway.send(mail(), first).code == 250

    click(gateway.arrived(first)[0].header_link)

    assert gateway.send(mail(), first).words[0] == "unsubscribed"
    assert gateway.send(mail(), second).code == 250


def test_the_erased_get_nothing_until_they_have_an_account_again(gateway: Client) -> None:
    first, second = gateway.consented(), gateway.consented()
    put(gateway, address(), first, second, country="AT")

    assert gateway.http.post(f"/v1/recipients/{first}/erasure", json={}).status_code == 201

    for erased in (first, second):
        assert gateway.send(mail(), erased, purpose="transactional/security").words[0] == "erased"
        held = gateway.http.get(f"/v1/recipients/{erased}/export").json()
        assert (held["address"], held["consents"], held["known"]) == (None, [], {})
    assert event(gateway, "account_created", addresses=[first]) == 202
    assert gateway.send(mail(), first, purpose="transactional/security").code == 250
    assert gateway.send(mail(), first).words[0] == "unsubscribed"
    assert gateway.send(mail(), second, purpose="transactional/security").words[0] == "erased"


def test_people_outlive_a_killed_gateway(start: Start) -> None:
    running, gateway = start()
    addresses = [gateway.consented() for _ in range(20)]
    assert put(gateway, "4711", *addresses) == 200
    running.kill()
    (running.data / "dev.json").unlink()
    _, again = start(data=running.data)

    again.stop(addresses[0])

    assert {again.would(one) for one in addresses} == {("refuse", "unsubscribed")}
