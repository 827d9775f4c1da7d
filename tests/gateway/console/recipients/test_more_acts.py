"""Consents, links, data requests, erasure and waiting messages, over HTTP and a real store."""

from datetime import timedelta

import pytest

from gateway.console.recipients import handles
from suppression.decision import Reason
from suppression.model import Basis, Way
from suppression.records import RecordKind
from tests.gateway.console.recipients.acting import (
    ANN,
    MARKETING,
    OTHER,
    PHONE,
    STOP,
    act,
    said,
    suppressed,
    undo,
)
from tests.gateway.console.recipients.conftest import Desk

CONSENT = {
    "what": "marketing/surveys",
    "channel": "email",
    "sender": "shop",
    "basis": "opt_in",
    "source": "phone call",
    "evidence": "read the wording of 2026-05 to her",
}


async def test_a_consent_is_recorded_undone_and_withdrawn(desk: Desk) -> None:
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "consent"), CONSENT)
    assert await said(browser, answer) == "Recorded: Surveys, by mail, from The Shop."
    (consent,) = (await desk.world.facts(ANN)).consents
    assert (consent.basis, consent.actor, consent.direct) == (Basis.OPT_IN, "agent:agent", False)
    assert "Of all marketing only “Surveys” may be sent by mail" in browser.page
    await undo(browser)
    assert (await desk.world.facts(ANN)).consents[0].withdrawn is not None
    await act(browser, desk.path(ANN, "consent"), CONSENT)
    (consent,) = (await desk.world.facts(ANN)).consents
    handle = desk.world.doors.handle(desk.world.recipient(ANN), consent)
    answer = await act(browser, desk.path(ANN, f"withdraw/{handle}"), {})
    assert "Withdrawn: Surveys" in await said(browser, answer)
    assert (await desk.world.facts(ANN)).consents[0].withdrawn is not None


async def test_a_consent_stands_above_the_stops_that_it_names(desk: Desk) -> None:
    handle = await suppressed(desk, MARKETING)
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "consent"), CONSENT)
    assert "It has no effect yet" in await said(browser, answer)
    answer = await act(browser, desk.path(ANN, "consent"), CONSENT | {"override": handle})
    assert await said(browser, answer) == "Recorded: Surveys, by mail, from The Shop."
    assert "Of all marketing only “Surveys” may be sent by mail" in browser.page


async def test_a_consent_overrides_nothing_but_the_recipients_own_stops(desk: Desk) -> None:
    await suppressed(desk, MARKETING, Reason.COMPLAINED)
    await suppressed(desk, MARKETING, Reason.BLOCKED)
    browser = await desk.at(ANN)
    page = await browser.get(desk.path(ANN, "consent"))
    assert 'name="override"' not in page.text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"evidence": ""}, "Say what shows it"),
        ({"channel": "sms"}, "cannot be reached on these channels"),
        ({"at": "2999-01-01"}, "after it was given"),
        ({"expires": "2001-01-01"}, "ended already"),
        ({"override": "sup_" + "0" * 36}, "One of the stops to take back is gone"),
    ],
)
async def test_a_consent_that_cannot_be_is_shown_again(desk: Desk, wrong: dict[str, str], told: str) -> None:
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "consent"), CONSENT | wrong)
    assert answer.status_code == 422
    assert told in answer.text
    assert (await desk.world.facts(ANN)).consents == ()


async def test_addresses_are_linked_shown_and_unlinked(desk: Desk) -> None:
    browser = await desk.at(ANN)
    answer = await act(
        browser, desk.path(ANN, "person"), {"address": "(202) 555-0143", "person": "customer-4711"}
    )
    assert "Linked" in await said(browser, answer)
    assert PHONE in browser.page
    assert "customer-4711" in browser.page
    other = handles.of(desk.world.recipient(PHONE))
    await browser.get(desk.path(ANN, "person"))
    answer = await browser.post(desk.path(ANN, "unlink"), {"other": other})
    assert "Unlinked" in await said(browser, answer)
    assert (await desk.world.facts(PHONE)).person is None
    assert await undo(browser) == "Undone."
    assert (await desk.world.facts(PHONE)).person is not None


async def test_a_link_is_undone(desk: Desk) -> None:
    browser = await desk.at(ANN)
    await browser.follow(await act(browser, desk.path(ANN, "person"), {"address": OTHER}))
    assert (await desk.world.facts(OTHER)).person is not None
    assert await undo(browser) == "Undone."
    assert (await desk.world.facts(OTHER)).person is None
    assert (await desk.world.facts(ANN)).person is None


async def test_an_address_of_another_person_is_not_linked(desk: Desk) -> None:
    await desk.world.call("PUT", "/v1/people/1", "agent", json={"addresses": [ANN]})
    await desk.world.call("PUT", "/v1/people/2", "agent", json={"addresses": [OTHER]})
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "person"), {"address": OTHER})
    assert (answer.status_code, "another person" in answer.text) == (422, True)
    answer = await act(browser, desk.path(ANN, "person"), {"address": ANN})
    assert "the address that you are looking at" in answer.text


async def test_a_persons_stop_of_everything_says_whom_it_is_of(desk: Desk) -> None:
    await desk.world.call("PUT", "/v1/people/1", "agent", json={"addresses": [ANN, OTHER]})
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "stop"), STOP | {"what": "*"})
    assert OTHER in answer.text
    await browser.follow(await browser.post(desk.path(ANN, "stop")))
    assert "The stop holds for the person&#39;s other address, too." in browser.page
    assert len(await desk.world.stops(OTHER)) == 1


async def test_a_persons_stop_of_everything_is_undone_at_all_addresses(desk: Desk) -> None:
    await desk.world.call("PUT", "/v1/people/1", "agent", json={"addresses": [ANN, OTHER]})
    browser = await desk.at(ANN)
    await act(browser, desk.path(ANN, "stop"), STOP | {"what": "*"})
    await browser.follow(await browser.post(desk.path(ANN, "stop")))
    assert await undo(browser) == "Undone."
    assert (await desk.world.stops(ANN), await desk.world.stops(OTHER)) == ((), ())
    await desk.world.call("PUT", "/v1/people/1", "agent", json={"addresses": [ANN, OTHER, PHONE]})
    assert await desk.world.stops(PHONE) == ()


async def test_a_persons_stop_that_another_agent_said_again_is_undone_nowhere(desk: Desk) -> None:
    await desk.world.call("PUT", "/v1/people/1", "agent", json={"addresses": [ANN, OTHER]})
    first, second = await desk.at(ANN), await desk.at(OTHER, "supervisor")
    for browser, address in ((first, ANN), (second, OTHER)):
        await act(browser, desk.path(address, "stop"), STOP | {"what": "*"})
        await browser.follow(await browser.post(desk.path(address, "stop")))
    assert "Nothing was undone" in await undo(first)
    assert len(await desk.world.stops(ANN)) == len(await desk.world.stops(OTHER)) == 1


async def test_all_that_is_held_is_given_out_and_that_is_logged(desk: Desk) -> None:
    await suppressed(desk, MARKETING, note="called")
    browser = await desk.at(ANN)
    await browser.get(desk.path(ANN, "data"))
    page = await browser.post(desk.path(ANN, "data"), {"as": "page"})
    assert f"All that is held of {ANN}" in page.text
    await browser.get(desk.path(ANN, "data"))
    file = await browser.post(desk.path(ANN, "data"), {"as": "file"})
    assert file.json()["address"] == ANN
    assert "attachment" in file.headers["content-disposition"]
    kinds = [one.kind for one in await desk.world.records(ANN)]
    assert kinds.count(RecordKind.EXPORTED) == 2


async def test_erasing_takes_the_address_typed_once_more(desk: Desk) -> None:
    await suppressed(desk, MARKETING)
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "erase"), {"address": OTHER})
    assert (answer.status_code, "not the address of this page" in answer.text) == (422, True)
    answer = await act(browser, desk.path(ANN, "erase"), {"address": "ANN@example.net"})
    assert "Erased" in await said(browser, answer)
    assert "nothing at all is sent here" in browser.page
    assert ANN not in browser.page
    assert await desk.world.store.address(desk.world.recipient(ANN).key) is None
    answer = await act(browser, desk.path(ANN, "return"), {})
    assert "A customer again" in await said(browser, answer)
    answer = await act(browser, desk.path(ANN, "return"), {})
    assert "nothing was changed" in await said(browser, answer)


async def test_the_address_of_the_erased_is_shown_to_nobody_who_did_not_type_it(desk: Desk) -> None:
    await desk.world.doors.subjects.erase(  # type: ignore[union-attr]
        desk.world.recipient(ANN), way=Way.AGENT, source="s", actor="a"
    )
    browser = await desk.house.signed_in()
    page = await browser.get(desk.path(ANN))
    assert ANN not in page.text
    assert "An erased recipient" in page.text


async def test_a_waiting_message_is_cancelled(desk: Desk) -> None:
    later = (desk.world.now() + timedelta(hours=1)).isoformat()
    body = {"to": PHONE, "body": "hello", "purpose": "transactional/orders", "send_at": later}
    answer = await desk.world.post("/v1/sms", body)
    message = answer.json()["messages"][0]["id"]
    browser = await desk.at(PHONE)
    assert "Your orders by text" in browser.page
    answer = await browser.post(desk.path(PHONE, "cancel"))
    assert "Cancelled" in await said(browser, answer)
    assert message not in browser.page.partition("What happened")[0]


async def test_a_message_of_somebody_else_is_not_cancelled(desk: Desk) -> None:
    later = (desk.world.now() + timedelta(hours=1)).isoformat()
    body = {"to": PHONE, "body": "hello", "purpose": "transactional/orders", "send_at": later}
    message = (await desk.world.post("/v1/sms", body)).json()["messages"][0]["id"]
    browser = await desk.at(ANN)
    fields = browser.hidden("/console/find") | {"message": message}
    assert (await browser.send(desk.path(ANN, "cancel"), fields)).status_code == 404
