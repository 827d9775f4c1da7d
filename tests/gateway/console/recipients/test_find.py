"""One box for anybody and anything, over HTTP and a real store."""

import httpx
import pytest

from suppression.decision import Reason
from suppression.model import Scope, Way
from suppression.token import TokenKind
from tests.gateway.console.house import Browser
from tests.gateway.console.recipients.conftest import Desk

ANN, PHONE = "ann@example.net", "+12025550143"


async def find(browser: Browser, text: str, **more: str) -> httpx.Response:
    await browser.get("/console/find")
    return await browser.post("/console/find", {"q": text, **more})


async def leads(desk: Desk, text: str, **more: str) -> str:
    browser = await desk.house.signed_in()
    answer = await find(browser, text, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.mark.parametrize("text", [ANN, " Ann <ANN@example.net>", "mailto:ann+news@example.net"])
async def test_an_address_leads_to_its_page_in_one_request_without_being_in_it(desk: Desk, text: str) -> None:
    location = await leads(desk, text)
    assert location == desk.path(ANN)
    assert "example" not in location


@pytest.mark.parametrize("text", [PHONE, "(202) 555-0143", "202-555-0143", "001 202 555 0143"])
async def test_a_number_in_any_spelling_is_read_by_the_senders_own_country(desk: Desk, text: str) -> None:
    assert await leads(desk, text) == desk.path(PHONE)


async def test_a_number_of_elsewhere_is_read_by_the_country_that_is_named(desk: Desk) -> None:
    assert await leads(desk, "020 7946 0018", country="gb") == desk.path("+442079460018")


async def test_a_link_a_token_and_a_mailto_lead_to_whose_they_are(desk: Desk) -> None:
    for kind in (TokenKind.HEADER, TokenKind.BODY):
        token = desk.world.token(ANN, kind)
        assert await leads(desk, f"https://mail.example/u/{token}") == desk.path(ANN)
        assert await leads(desk, token) == desk.path(ANN)
    mailto = desk.world.links.mailto(
        desk.world.recipient(ANN), purpose="marketing/promotions", sender="shop", app="demo"
    )
    assert await leads(desk, f"mailto:{mailto}?subject=unsubscribe") == desk.path(ANN)


async def test_an_altered_token_is_told_for_what_it_is(desk: Desk) -> None:
    browser = await desk.house.signed_in()
    answer = await find(browser, "https://mail.example/u/" + "A" * 54)
    assert answer.status_code == 404
    assert "altered, cut off, or made elsewhere" in answer.text


async def test_entries_lead_to_their_place_on_the_page(desk: Desk) -> None:
    applied = await desk.world.doors.changes.suppress(
        desk.world.recipient(ANN), Scope(), reason=Reason.UNSUBSCRIBED, way=Way.LINK, source="s", actor="r"
    )
    assert await leads(desk, applied.handle) == f"{desk.path(ANN)}#{applied.handle}"


async def test_a_decision_leads_to_what_explains_it(desk: Desk) -> None:
    body = {"requests": [{"channel": "email", "to": ANN, "purpose": "transactional/orders"}]}
    answer = await desk.world.post("/v1/decisions", body)
    decision = answer.json()["decisions"][0]["decision_id"]
    assert await leads(desk, decision) == f"/console/explain?decision={decision}"
    assert await leads(desk, f"550 5.7.1 unsubscribed {decision}") == f"/console/explain?decision={decision}"


async def test_a_person_of_one_address_leads_there_and_of_several_to_a_choice(desk: Desk) -> None:
    await desk.world.call("PUT", "/v1/people/4711", "agent", json={"addresses": [ANN]})
    assert await leads(desk, "4711") == desk.path(ANN)
    await desk.world.call("PUT", "/v1/people/4711", "agent", json={"addresses": [ANN, PHONE]})
    answer = await find(await desk.house.signed_in(), "4711")
    assert answer.status_code == 200
    assert ANN in answer.text
    assert desk.path(PHONE) in answer.text


async def test_what_may_be_two_things_is_asked_about(desk: Desk) -> None:
    await desk.world.call("PUT", "/v1/people/2025550143", "agent", json={"addresses": [ANN]})
    answer = await find(await desk.house.signed_in(), "2025550143")
    assert answer.status_code == 200
    assert {desk.path(ANN), desk.path(PHONE)} <= {part.split('"')[0] for part in answer.text.split('href="')}


async def test_an_address_that_is_its_own_persons_id_is_no_question(desk: Desk) -> None:
    await desk.world.call("PUT", f"/v1/people/{ANN}", "agent", json={"addresses": [ANN, PHONE]})
    assert await leads(desk, ANN) == desk.path(ANN)


@pytest.mark.parametrize("text", ["nobody-at-all", "0" * 16, "sup_" + "0" * 30, "ann@@example", "12"])
async def test_what_is_nothing_says_what_it_was_tried_as(desk: Desk, text: str) -> None:
    answer = await find(await desk.house.signed_in(), text)
    assert answer.status_code == 404
    assert "What it was tried as" in answer.text
    assert text in answer.text


async def test_what_was_typed_comes_back_escaped(desk: Desk) -> None:
    answer = await find(await desk.house.signed_in(), '"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


async def test_an_empty_box_is_asked_again(desk: Desk) -> None:
    answer = await find(await desk.house.signed_in(), "  ")
    assert answer.status_code == 404
    assert "Paste whatever the customer gives you" in answer.text
