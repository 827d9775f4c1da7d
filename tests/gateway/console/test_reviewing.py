"""The queue of what nobody understood for sure, over HTTP and a real store."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from gateway.console.recipients.timeline import Names
from gateway.console.reviewing import choices, suggestion
from gateway.roads.reviews import Decision
from suppression import stop_scopes
from suppression.decision import Reason
from suppression.model import Channel, Way
from suppression.purposes import Catalogue
from suppression.records import RecordKind
from suppression.store.reviews import Reviews, Wrote
from suppression.store.store import Store
from tests.gateway.console.house import Browser, House, employ, house
from tests.gateway.http.world import SENDERS, RealWorld, real_world

ANN, BOB = "ann@example.net", "+12025550143"
TOLD = {"verdict": "unclear", "scope": "marketing", "rule": "asked_how", "language": "en"}
HOSTILE = '</blockquote><script>alert(1)</script>{{ 7*7 }} "'


@dataclass
class Desk:
    house: House
    world: RealWorld
    reviews: Reviews

    async def wrote(
        self, text: str, address: str = ANN, channel: Channel = Channel.EMAIL, told: Mapping[str, str] = TOLD
    ) -> str:
        """Somebody wrote what is unclear; the review's id."""
        wrote = Wrote(
            channel=channel,
            sender="shop",
            text=text,
            at=self.world.now(),
            way=Way.MAILBOX if channel is Channel.EMAIL else Way.SMS,
            source="replies",
            message="m1",
            to="stop@shop.example",
            suggestion=told,
            paused=stop_scopes.paused(channel),
        )
        opened = await self.reviews.open(self.world.recipient(address), wrote, f"{address}|{text}", 3600.0)
        assert opened is not None
        return opened

    async def at(self, role: str = "supervisor", query: str = "") -> Browser:
        browser = await self.house.signed_in(role)
        answer = await browser.get(f"/console/reviews{query}")
        assert answer.status_code == 200, answer.text
        return browser

    async def stopped(self, address: str = ANN) -> list[tuple[str, str, str]]:
        return sorted(
            (one.scope.purpose, one.reason.value, one.actor) for one in await self.world.stops(address)
        )


@pytest.fixture
async def desk(store: Store, tmp_path: Path) -> Desk:
    world, reviews = await real_world(store, tmp_path), Reviews(store)
    made = house(store, world.doors)
    await employ(made)
    return Desk(made, world, reviews)


async def decide(browser: Browser, review: str, decision: str, **more: str) -> httpx.Response:
    return await browser.post(f"/console/reviews/{review}", {"decision": decision, **more})


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


async def test_a_decision_holds_at_once_and_the_next_one_is_there(desk: Desk) -> None:
    first = await desk.wrote("how do i make it end")
    second = await desk.wrote("and the other thing?", BOB, Channel.SMS)
    browser = await desk.at()
    assert "how do i make it end" in words(browser.page)
    assert "1 behind it" in words(browser.page)
    answer = await decide(browser, first, "stop_marketing")
    await browser.follow(answer)
    assert f"{ANN}: Stopped (All marketing, on any channel)." in words(browser.page)
    assert f"/console/reviews/{second}" in browser.page
    assert await desk.stopped() == [("marketing", "unsubscribed", "agent:supervisor")]
    records = await desk.world.records(ANN)
    assert [one.actor for one in records if one.kind is RecordKind.REVIEWED] == ["agent:supervisor"]


async def test_nothing_waits_at_the_end(desk: Desk) -> None:
    review = await desk.wrote("hm")
    browser = await desk.at()
    await browser.follow(await decide(browser, review, "no_stop"))
    assert "Nothing waits to be read." in words(browser.page)
    assert "Noted that it was no stop" in words(browser.page)
    assert await desk.stopped() == []


async def test_undo_takes_the_stop_back_and_nothing_else(desk: Desk) -> None:
    review = await desk.wrote("hm")
    browser = await desk.at()
    await browser.follow(await decide(browser, review, "stop_everything"))
    await browser.follow(await browser.post("/console/undo"))
    assert await desk.stopped() == []


async def test_what_was_stopped_before_is_not_offered_to_be_undone(desk: Desk) -> None:
    first, second = await desk.wrote("one"), await desk.wrote("two")
    browser = await desk.at()
    await browser.follow(await decide(browser, first, "stop_marketing"))
    assert "/console/undo" in browser.page
    await browser.follow(await decide(browser, second, "stop_marketing"))
    assert "/console/undo" not in browser.page


@pytest.mark.parametrize("decision", list(Decision))
async def test_each_decision_ends_the_pause(desk: Desk, decision: str) -> None:
    review = await desk.wrote("make it end", BOB, Channel.SMS)
    assert {reason for _, reason, _ in await desk.stopped(BOB)} == {Reason.IN_REVIEW.value}
    browser = await desk.at()
    await browser.follow(await decide(browser, review, decision, note="read by me"))
    found = {reason for _, reason, _ in await desk.stopped(BOB)}
    assert found == (set() if decision in (Decision.NO_STOP, Decision.CHANGE) else {"unsubscribed"})


async def test_who_is_second_is_told_who_was_first_and_does_nothing(desk: Desk) -> None:
    review = await desk.wrote("hm")
    one, other = await desk.at("supervisor"), await desk.at("admin")
    await decide(one, review, "stop_marketing")
    await other.follow(await decide(other, review, "no_stop"))
    said = words(other.page)
    assert "supervisor decided this one before you: “Stop all marketing”, at" in said
    assert "What you chose was not done." in said
    assert await desk.stopped() == [("marketing", "unsubscribed", "agent:supervisor")]


async def test_the_same_form_sent_twice_counts_once_and_is_answered_the_same(desk: Desk) -> None:
    review = await desk.wrote("hm")
    browser = await desk.at()
    for _ in range(2):
        answer = await decide(browser, review, "stop_marketing")
        assert answer.status_code == 303
    await browser.follow(answer)
    assert "Stopped" in words(browser.page)
    assert len(await desk.stopped()) == 1


async def test_who_leaves_one_to_others_goes_on_behind_it(desk: Desk) -> None:
    first = await desk.wrote("the first")
    await desk.world.advance(timedelta(seconds=5))
    second, third = (
        await desk.wrote("the second", BOB, Channel.SMS),
        await desk.wrote("the third", "c@example.net"),
    )
    browser = await desk.at()
    behind = re.search(r'href="(/console/reviews\?after=[^"]+)"', browser.page)
    assert behind
    await browser.get(behind[1])
    assert f'action="/console/reviews/{first}"' not in browser.page
    shown = second if second in browser.page else third
    await browser.follow(await decide(browser, shown, "no_stop"))
    assert f'action="/console/reviews/{first}"' not in browser.page, "still behind it"
    assert {second, third} - {shown} == {one for one in (second, third) if one in browser.page}


async def test_what_was_typed_is_there_again_with_what_is_wrong(desk: Desk) -> None:
    review = await desk.wrote("hm")
    browser = await desk.at()
    answer = await decide(browser, review, "guess", note="my long note")
    assert answer.status_code == 422
    assert "my long note" in answer.text
    assert {reason for _, reason, _ in await desk.stopped()} == {Reason.IN_REVIEW.value}


async def test_what_they_wrote_is_text_whatever_it_is(desk: Desk) -> None:
    await desk.wrote(HOSTILE, told=TOLD | {"rule": HOSTILE, "verdict": HOSTILE})
    browser = await desk.at()
    assert "<script>alert" not in browser.page
    assert html.escape(HOSTILE, quote=False).split("{")[0] in browser.page
    assert "49" not in words(browser.page).partition("From")[2].partition("Note")[0]


async def test_a_review_of_nobody_is_not_found(desk: Desk) -> None:
    await desk.wrote("hm")
    browser = await desk.at()
    form = browser.hidden(re.findall(r'action="(/console/reviews/[^"]+)"', browser.page)[0])
    answer = await browser.send("/console/reviews/rev_nothing", {**form, "decision": "stop"})
    assert answer.status_code == 404
    assert (await browser.get("/console/reviews?after=%22%3E")).status_code == 200


async def test_agents_without_the_right_do_not_see_them(desk: Desk) -> None:
    for role in ("agent", "auditor"):
        browser = await desk.house.signed_in(role)
        assert (await browser.get("/console/reviews")).status_code == 403
        assert "Reviews" not in (await browser.get("/console")).text


def test_each_choice_says_what_it_stops_and_which_is_suggested() -> None:
    known = Names(Catalogue.shipped(), SENDERS)
    told = [(one.key, one.label, one.does, one.suggested) for one in choices(Channel.SMS, TOLD, known)]
    assert told == [
        ("1", "Stop", "Everything, by text; All marketing, by phone; All service messages, by phone", False),
        ("2", "Stop all marketing", "All marketing, on any channel", True),
        ("3", "Stop everything", "Everything, on any channel", False),
        (
            "4",
            "Delete my data",
            "Everything, on any channel; and they are asked to confirm that all shall be erased",
            False,
        ),
        ("5", "No stop", "Nothing is stopped, and what was paused goes on", False),
        ("6", "Change my data", "Nothing is stopped; apps are told that data is to be changed", False),
    ]


def test_a_suggestion_reads_as_words() -> None:
    assert suggestion(TOLD) == "Not clear; it may mean “Stop all marketing” (rule: asked how)"
    assert suggestion({}) == "Nothing"
