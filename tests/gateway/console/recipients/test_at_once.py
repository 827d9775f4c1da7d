"""Several agents at one recipient, hostile words, other roles, and a session that ends in the middle."""

import asyncio

from suppression.model import Scope
from tests.gateway.console.recipients.acting import (
    ANN,
    MARKETING,
    STOP,
    act,
    suppressed,
)
from tests.gateway.console.recipients.conftest import Desk


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
