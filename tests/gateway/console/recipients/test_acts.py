"""Stops and lifts that agents make, over HTTP and a real store."""

from datetime import timedelta

import pytest

from suppression.decision import Reason
from suppression.model import Channel, Scope, Way
from suppression.records import RecordKind
from tests.gateway.console.recipients.acting import (
    ANN,
    MARKETING,
    STOP,
    act,
    said,
    suppressed,
    undo,
)
from tests.gateway.console.recipients.conftest import Desk


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
