"""What agents do for a recipient, over HTTP and a real store."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from gateway.console.recipients import handles
from suppression.decision import Reason
from suppression.model import Basis, Channel, Scope, Way
from suppression.records import RecordKind
from tests.gateway.console.house import Browser
from tests.gateway.console.recipients.conftest import Desk

ANN, PHONE, OTHER = "ann@example.net", "+12025550143", "a.nother@example.net"
STOP = {"what": "marketing", "sender": "*", "kind": "stop", "reason": "called us"}
MARKETING = Scope(purpose="marketing")


async def act(browser: Browser, path: str, fields: dict[str, str], page: str = "") -> httpx.Response:
    """From the form's own page."""
    await browser.get(page or path)
    return await browser.post(path, fields)


async def said(browser: Browser, answer: httpx.Response) -> str:
    """What the page after it says was done."""
    text = (await browser.follow(answer)).text
    found = re.search(r'role="status"><p>(.*?)</p>', text, re.DOTALL)
    assert found, text
    return found[1]


async def undo(browser: Browser) -> str:
    return await said(browser, await browser.post("/console/undo"))


async def suppressed(desk: Desk, scope: Scope, reason: Reason = Reason.UNSUBSCRIBED, note: str = "") -> str:
    applied = await desk.world.doors.changes.suppress(
        desk.world.recipient(ANN),
        scope,
        reason=reason,
        way=Way.LINK,
        source="page",
        actor="recipient",
        note=note,
    )
    return applied.handle


async def test_a_stop_is_in_force_at_once_under_the_agents_name(desk: Desk) -> None:
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "stop"), STOP | {"reference": "T-4711"})
    assert await said(browser, answer) == "Stopped: All marketing, on any channel."
    (stop,) = await desk.world.stops(ANN)
    assert (stop.scope, stop.reason, stop.way, stop.actor) == (
        MARKETING,
        Reason.UNSUBSCRIBED,
        Way.AGENT,
        "agent:agent",
    )
    assert "called us (reference T-4711)" in browser.page
    assert "because agent noted that they asked for it" in browser.page
    (record,) = [one for one in await desk.world.records(ANN) if one.kind is RecordKind.SUPPRESSED]
    assert record.actor == "agent:agent"


async def test_the_address_of_somebody_new_is_kept_sealed_from_the_first_change_on(desk: Desk) -> None:
    browser = await desk.at("New.Body@example.net")
    assert "Nothing is known of this address" in browser.page
    await act(browser, desk.path("new.body@example.net", "stop"), STOP)
    stored = await desk.world.store.address(desk.world.recipient("new.body@example.net").key)
    assert stored is not None
    assert stored.text == "New.Body@example.net"


async def test_a_stop_may_be_narrow_and_end(desk: Desk) -> None:
    browser = await desk.at(ANN)
    until = (desk.world.now() + timedelta(days=30)).date()
    fields = STOP | {"what": "marketing/surveys", "channel": "email", "sender": "shop", "until": str(until)}
    await act(browser, desk.path(ANN, "stop"), fields)
    (stop,) = await desk.world.stops(ANN)
    assert stop.scope == Scope(frozenset({Channel.EMAIL}), "marketing/surveys", "shop")
    assert stop.until is not None
    assert stop.until.date() == until


async def test_a_block_is_the_houses_own_word(desk: Desk) -> None:
    browser = await desk.at(ANN)
    await act(browser, desk.path(ANN, "stop"), STOP | {"kind": "block"})
    assert [stop.reason for stop in await desk.world.stops(ANN)] == [Reason.BLOCKED]


async def test_everything_takes_a_second_click(desk: Desk) -> None:
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "stop"), STOP | {"what": "*"})
    assert answer.status_code == 200
    assert "Stop everything?" in answer.text
    assert await desk.world.stops(ANN) == ()
    answer = await browser.post(desk.path(ANN, "stop"))
    assert await said(browser, answer) == "Stopped: Everything, on any channel."
    assert [stop.scope for stop in await desk.world.stops(ANN)] == [Scope()]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"reason": " "}, "Say why"),
        ({"what": "marketing/nothing"}, "Choose one of these"),
        ({"channel": "fax"}, "Choose among these"),
        ({"sender": "nobody"}, "Choose one of these"),
        ({"until": "2001-01-01"}, "A pause ends in the future"),
        ({"until": "soon"}, "A day is written like"),
        ({"reason": "a\u200eb"}, "nobody can see"),
        ({"reason": "x" * 2001}, "At most 2000 characters"),
        ({"kind": "hex"}, "Choose one of these"),
    ],
)
async def test_what_cannot_be_is_shown_again_as_it_was_typed(
    desk: Desk, wrong: dict[str, str], told: str
) -> None:
    browser = await desk.at(ANN)
    answer = await act(browser, desk.path(ANN, "stop"), STOP | {"reference": "T-4711"} | wrong)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="T-4711"' in answer.text
    assert await desk.world.stops(ANN) == ()


async def test_a_stop_sent_twice_counts_once(desk: Desk) -> None:
    browser = await desk.at(ANN)
    await browser.get(desk.path(ANN, "stop"))
    filled = {**browser.hidden(desk.path(ANN, "stop")), **STOP}
    answers = [await browser.send(desk.path(ANN, "stop"), filled) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    records = [one for one in await desk.world.records(ANN) if one.kind is RecordKind.SUPPRESSED]
    assert len(records) == 1


async def test_a_stop_is_undone_within_a_minute_and_only_that_one(desk: Desk) -> None:
    await suppressed(desk, Scope(purpose="service"))
    browser = await desk.at(ANN)
    await browser.follow(await act(browser, desk.path(ANN, "stop"), STOP))
    assert await undo(browser) == "Undone."
    assert [stop.scope.purpose for stop in await desk.world.stops(ANN)] == ["service"]


async def test_after_a_minute_it_is_too_late(desk: Desk) -> None:
    browser = await desk.at(ANN)
    await browser.follow(await act(browser, desk.path(ANN, "stop"), STOP))
    await desk.world.advance(timedelta(seconds=61))
    assert "too late" in await undo(browser)
    assert len(await desk.world.stops(ANN)) == 1


async def test_what_was_said_again_since_is_not_undone(desk: Desk) -> None:
    first, second = await desk.at(ANN), await desk.at(ANN)
    await first.follow(await act(first, desk.path(ANN, "stop"), STOP))
    answer = await act(second, desk.path(ANN, "stop"), STOP)
    assert "That was stopped already" in await said(second, answer)
    assert "Nothing was undone" in await undo(first)
    assert len(await desk.world.stops(ANN)) == 1


async def test_nobody_undoes_what_another_agent_did(desk: Desk) -> None:
    first, second = await desk.at(ANN), await desk.at(ANN, "supervisor")
    await first.follow(await act(first, desk.path(ANN, "stop"), STOP))
    taken = first.hidden("/console/undo")["undo"]
    answer = await act(second, desk.path(ANN, "stop"), STOP | {"what": "service"})
    await second.follow(answer)
    answer = await second.post("/console/undo", {"undo": taken})
    assert "too late" in await said(second, answer)
    assert len(await desk.world.stops(ANN)) == 2


async def test_a_lift_needs_a_reason_and_what_shows_it(desk: Desk) -> None:
    handle = await suppressed(desk, MARKETING)
    browser = await desk.at(ANN)
    path = desk.path(ANN, f"lift/{handle}")
    answer = await act(browser, path, {"reason": "wants it back"})
    assert (answer.status_code, "Say what shows it" in answer.text) == (422, True)
    assert "wants it back" in answer.text
    answer = await act(browser, path, {"reason": "wants it back", "evidence": "call 4711"})
    assert "Lifted: All marketing" in await said(browser, answer)
    assert await desk.world.stops(ANN) == ()
    assert await undo(browser) == "Undone."
    assert [stop.scope for stop in await desk.world.stops(ANN)] == [MARKETING]


async def test_a_stop_that_was_said_again_since_the_page_was_made_is_not_lifted(desk: Desk) -> None:
    handle = await suppressed(desk, MARKETING)
    browser = await desk.at(ANN)
    path = desk.path(ANN, f"lift/{handle}")
    await browser.get(path)
    await suppressed(desk, MARKETING)
    answer = await browser.post(path, {"reason": "wants it back", "evidence": "call 4711"})
    assert "said it again" in await said(browser, answer)
    assert len(await desk.world.stops(ANN)) == 1


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (Reason.COMPLAINED, "by a supervisor only"),
        (Reason.ERASED, "An erasure is never lifted"),
        (Reason.IN_REVIEW, "once the review"),
    ],
)
async def test_what_may_not_be_lifted_says_why_and_is_not(desk: Desk, reason: Reason, why: str) -> None:
    handle = await suppressed(desk, MARKETING, reason)
    browser = await desk.at(ANN)
    assert why in browser.page
    page = await browser.get(desk.path(ANN, f"lift/{handle}"))
    assert why in page.text
    fields = browser.hidden("/console/find") | {"reason": "?", "evidence": "?"}
    answer = await browser.send(desk.path(ANN, f"lift/{handle}"), fields)
    assert answer.status_code == 409
    assert len(await desk.world.stops(ANN)) == 1


async def test_a_supervisor_lifts_a_complaint_with_the_wish_in_writing(desk: Desk) -> None:
    handle = await suppressed(desk, Scope(frozenset({Channel.EMAIL})), Reason.COMPLAINED)
    browser = await desk.at(ANN, "supervisor")
    path = desk.path(ANN, f"lift/{handle}")
    answer = await act(browser, path, {"reason": "clicked by mistake", "evidence": " "})
    assert answer.status_code == 422
    answer = await act(browser, path, {"reason": "clicked by mistake", "evidence": "letter of 3 May"})
    assert "Lifted" in await said(browser, answer)
    assert await desk.world.stops(ANN) == ()


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


async def test_two_agents_at_once_both_hold_and_each_learns_of_the_other(desk: Desk) -> None:
    first, second = await desk.at(ANN), await desk.at(ANN, "supervisor")
    path = desk.path(ANN, "stop")
    await asyncio.gather(first.get(path), second.get(path))
    answers = await asyncio.gather(
        first.post(path, STOP), second.post(path, STOP | {"what": "service", "reason": "another wish"})
    )
    pages = [await one.follow(answer) for one, answer in zip((first, second), answers, strict=True)]
    stops = {(stop.scope.purpose, stop.actor) for stop in await desk.world.stops(ANN)}
    assert stops == {("marketing", "agent:agent"), ("service", "agent:supervisor")}
    assert any("Meanwhile" in page.text for page in pages)
    for page in pages:
        assert "No marketing and no service messages" in page.text or "No marketing" in page.text


async def test_a_stop_and_a_lift_at_once_both_hold(desk: Desk) -> None:
    handle = await suppressed(desk, Scope(purpose="service"))
    first, second = await desk.at(ANN), await desk.at(ANN, "supervisor")
    lift = desk.path(ANN, f"lift/{handle}")
    await asyncio.gather(first.get(desk.path(ANN, "stop")), second.get(lift))
    await asyncio.gather(
        first.post(desk.path(ANN, "stop"), STOP),
        second.post(lift, {"reason": "wants service", "evidence": "call"}),
    )
    assert [stop.scope.purpose for stop in await desk.world.stops(ANN)] == ["marketing"]


async def test_ten_acts_at_once_are_all_there(desk: Desk) -> None:
    purposes = [
        "marketing", "service", "transactional/orders", "marketing/surveys", "marketing/promotions",
    ]  # fmt: skip
    browsers = [await desk.at(ANN, role) for role in ("agent", "supervisor") for _ in purposes]
    path = desk.path(ANN, "stop")
    await asyncio.gather(*(browser.get(path) for browser in browsers))
    what = [{"what": one, "sender": sender} for sender in ("shop", "other") for one in purposes]
    answers = await asyncio.gather(
        *(browser.post(path, STOP | one) for browser, one in zip(browsers, what, strict=True))
    )
    assert {answer.status_code for answer in answers} == {303}
    assert len(await desk.world.stops(ANN)) == 10


async def test_hostile_words_are_shown_and_never_run(desk: Desk) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    browser = await desk.at(ANN)
    await browser.follow(
        await act(browser, desk.path(ANN, "stop"), STOP | {"reason": evil, "reference": '"><b>'})
    )
    assert "<script>alert" not in browser.page
    assert "<img" not in browser.page
    assert "&lt;script&gt;alert(1)" in browser.page


async def test_auditors_see_all_and_are_offered_nothing(desk: Desk) -> None:
    await suppressed(desk, MARKETING)
    browser = await desk.at(ANN, "auditor")
    assert "No marketing on any channel" in browser.page
    for words in ("Stop messages", ">Lift<", "Record a consent", "/erase", "/data", "/person"):
        assert words not in browser.page


async def test_what_was_typed_is_there_again_after_the_session_ended(desk: Desk) -> None:
    browser = await desk.at(ANN)
    await browser.get(desk.path(ANN, "stop"))
    await desk.house.console.sessions.end(browser.session)
    answer = await browser.post(desk.path(ANN, "stop"), STOP | {"reason": "a long story"})
    assert answer.status_code == 401
    answer = await browser.post("/console/sign-in", {"name": "agent", "password": "correct horse battery"})
    page = await browser.follow(answer)
    assert "a long story" in page.text
    assert await desk.world.stops(ANN) == ()
