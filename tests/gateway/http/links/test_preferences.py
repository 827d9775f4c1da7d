"""The preferences below the buttons: what they show, what a form of them changes, what it only asks about."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from suppression.decision import Reason
from suppression.model import ALL, Basis, Channel, Scope, Way
from suppression.token import TokenKind
from tests.gateway.http.links.test_confirming import link, outcome
from tests.gateway.http.world import FakeWorld, RealWorld, World

ANN = "ann@example.net"
PHONE = "+12025550143"
FORM = "application/x-www-form-urlencoded"
PROMOTIONS = "email:marketing/promotions"
SURVEYS = "email:marketing/surveys"
FEEDBACK = "email:service/feedback"


async def consented(world: World, address: str = ANN, purpose: str = "marketing") -> None:
    await world.doors.changes.consent(
        world.recipient(address),
        Scope(purpose=purpose, sender="shop"),
        basis=Basis.OPT_IN,
        source="test",
        actor="test",
        at=world.now(),
        evidence={"a": "b"},
    )


def body_token(world: World, address: str = ANN, **more: Any) -> str:
    return world.token(address, kind=TokenKind.BODY, **more)


async def opened(world: World, token: str, **headers: str) -> str:
    answer = await world.client.get(f"/u/{token}", headers=headers)
    assert answer.status_code == 200
    return answer.text


def boxes(page: str) -> dict[str, bool]:
    """Every box of the page and whether it is ticked."""
    found = re.findall(r'<input type="checkbox" name="on" value="([^"]+)"([^>]*)>', page)
    return {value: "checked" in rest for value, rest in found}


def form(
    page: str, *, tick: tuple[str, ...] = (), untick: tuple[str, ...] = (), do: str = "save"
) -> dict[str, Any]:
    """What a browser would send after these clicks."""
    hidden = re.search(r'name="form" value="([^"]+)"', page)
    assert hidden
    state = boxes(page)
    on = [value for value, ticked in state.items() if (ticked or value in tick) and value not in untick]
    return {"form": hidden[1], "row": list(state), "on": on, "do": do}


async def save(world: World, token: str, fields: dict[str, Any]) -> httpx.Response:
    return await world.client.post(f"/u/{token}/preferences", data=fields)


async def test_the_page_shows_what_may_be_sent_ticked(world: World) -> None:
    await consented(world, purpose="marketing/promotions")
    page = await opened(world, body_token(world))

    state = boxes(page)
    assert state[PROMOTIONS]
    assert not state[SURVEYS]
    assert state[FEEDBACK]
    assert "a***@e***.net" in page
    assert ANN not in page


async def test_what_must_arrive_and_transactions_are_not_in_the_list(world: World) -> None:
    state = boxes(await opened(world, body_token(world)))

    assert not any(
        "transactional" in value or "policy-changes" in value or "system" in value for value in state
    )
    assert "email:marketing/partners" in state
    assert "audience:marketing/remarketing" in state


async def test_a_phone_number_has_texts_and_calls_and_no_mail(world: World) -> None:
    await consented(world, PHONE)
    token = world.links.unsubscribe_url(
        world.recipient(PHONE),
        purpose="marketing/promotions",
        sender="shop",
        app="demo",
        channel=Channel.SMS,
        kind=TokenKind.BODY,
    ).removeprefix(world.links.prefix)
    page = await opened(world, token)

    state = boxes(page)
    assert state["sms:marketing/promotions"]
    assert state["voice:marketing/promotions"]
    assert not any(value.startswith("email:") for value in state)
    assert "+12*******43" in page
    assert PHONE not in page.replace("+12025550100", "")
    assert 'value="export"' in page


async def test_a_header_link_has_no_preferences(world: World) -> None:
    token = world.token(kind=TokenKind.HEADER)
    assert boxes(await opened(world, token)) == {}
    assert (await save(world, token, {"do": "stop-everything"})).status_code == 404
    assert await world.stops(ANN) == ()


async def test_unticking_stops_at_once_and_needs_no_form_token(real: RealWorld) -> None:
    await consented(real)
    token = body_token(real)

    answer = await save(real, token, {"row": [PROMOTIONS, SURVEYS], "on": [SURVEYS]})

    assert answer.status_code == 200
    assert "emails about “Promotions” from The Shop" in answer.text
    [stop] = await real.stops(ANN)
    assert stop.scope == Scope(frozenset({Channel.EMAIL}), "marketing/promotions", "shop", ALL)
    assert (stop.way, stop.source, stop.reason) == (Way.PREFERENCES, "preferences", Reason.UNSUBSCRIBED)
    assert await outcome(real) == "unsubscribed"
    assert await outcome(real, purpose="marketing/surveys") == "consented"


async def test_a_form_saved_as_it_was_changes_nothing(world: World) -> None:
    await consented(world)
    token = body_token(world)
    answer = await save(world, token, form(await opened(world, token)))

    assert answer.status_code == 200
    assert "Nothing to change" in answer.text
    assert await world.stops(ANN) == ()


@pytest.mark.parametrize("fields", [{"do": "nonsense"}, {"row": "email:nothing", "on": "x"}, {"row": "\x00"}])
async def test_what_the_page_did_not_show_changes_nothing(world: World, fields: dict[str, str]) -> None:
    await consented(world)
    answer = await save(world, body_token(world), fields)

    assert answer.status_code == 200
    assert await world.stops(ANN) == ()


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"row=" + b"x" * 40_000 + b"&do=stop-marketing", FORM),
        (b"row=x&" * 700 + b"do=stop-marketing", FORM),
        (b"do=stop-marketing", "text/plain"),
        (b"\xff", FORM),
        (b"", ""),
    ],
)
async def test_a_form_that_did_not_come_whole_is_not_told_as_done(
    world: World, body: bytes, media: str
) -> None:
    token = body_token(world)
    answer = await world.client.post(f"/u/{token}/preferences", content=body, headers={"content-type": media})

    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert await world.stops(ANN) == ()


async def test_ticking_only_asks_the_address_itself(real: RealWorld) -> None:
    await consented(real, purpose="marketing/promotions")
    token = body_token(real)
    fields = form(await opened(real, token), tick=(SURVEYS, "email:marketing/new-products"))

    answer = await save(real, token, fields)

    assert answer.status_code == 200
    assert "Almost done" in answer.text
    assert "a***@e***.net" in answer.text
    assert await outcome(real, purpose="marketing/surveys") == "no_consent"
    done = await real.client.post(link(real))
    assert done.status_code == 200
    assert await outcome(real, purpose="marketing/surveys") == "consented"
    assert await outcome(real, purpose="marketing/new-products") == "consented"
    assert await outcome(real, purpose="marketing/industry-news") == "no_consent"


async def test_what_was_stopped_here_comes_back_once_it_is_confirmed(real: RealWorld) -> None:
    await consented(real)
    token = body_token(real)
    await save(real, token, form(await opened(real, token), untick=(PROMOTIONS,)))
    assert await outcome(real) == "unsubscribed"

    await save(real, token, form(await opened(real, token), tick=(PROMOTIONS,)))
    assert await outcome(real) == "unsubscribed"
    await real.client.post(link(real))

    assert await outcome(real) == "consented"


async def test_stops_beside_what_cannot_be_had_still_hold(fakes: FakeWorld) -> None:
    world = fakes
    await consented(world, purpose="marketing/promotions")
    token = body_token(world)

    answer = await save(world, token, {"row": [PROMOTIONS, SURVEYS], "on": [SURVEYS]})

    assert answer.status_code == 200
    assert "opened too long ago" in answer.text
    assert len(await world.stops(ANN)) == 1


@pytest.mark.parametrize("do", ["save", "export", "erase"])
async def test_loosening_takes_a_form_token_of_this_page_and_hour(fakes: FakeWorld, do: str) -> None:
    world = fakes
    await consented(world, purpose="marketing/promotions")
    await consented(world, "bob@example.net")
    token, bobs = body_token(world), body_token(world, "bob@example.net")
    own, of_bob = await opened(world, token), await opened(world, bobs)
    wanted = form(own, tick=(SURVEYS,), do=do)

    for wrong in ("", "x", "1.2", form(of_bob)["form"], wanted["form"][:-1] + "0", "9" + wanted["form"]):
        answer = await save(world, token, {**wanted, "form": wrong})
        assert answer.status_code == 409, wrong
        assert "opened too long ago" in answer.text
    await world.advance(timedelta(minutes=61))
    assert (await save(world, token, wanted)).status_code == 409
    assert asked(world) == []


def asked(world: FakeWorld) -> list[Any]:
    found: list[Any] = world.doors.confirmations.asked  # type: ignore[attr-defined]
    return found


async def test_a_form_sent_twice_asks_once(real: RealWorld) -> None:
    await consented(real, purpose="marketing/promotions")
    token = body_token(real)
    fields = form(await opened(real, token), tick=(SURVEYS,))

    answers = [await save(real, token, fields) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(real.mails(ANN)) == 1


async def test_another_wish_within_the_week_is_told_so(real: RealWorld) -> None:
    await consented(real, purpose="marketing/promotions")
    token = body_token(real)
    page = await opened(real, token)
    await save(real, token, form(page, tick=(SURVEYS,)))

    answer = await save(real, token, form(page, tick=("email:marketing/new-products",)))

    assert answer.status_code == 409
    assert "Nothing was changed" in answer.text
    assert "a short time ago" in answer.text


async def test_without_an_address_nothing_can_be_ticked(real: RealWorld) -> None:
    token = body_token(real)
    page = await opened(real, token)
    assert "disabled" in page
    assert "sign up with The Shop" in page
    assert 'value="erase"' not in page

    answer = await save(real, token, {**form(page), "row": [SURVEYS], "on": [SURVEYS]})

    assert answer.status_code == 409
    assert "We keep no address" in answer.text


async def test_whom_nothing_can_bring_back_is_told_to_ask(real: RealWorld) -> None:
    await consented(real)
    await real.doors.changes.suppress(
        real.recipient(ANN), Scope(), reason=Reason.COMPLAINED, way=Way.PROVIDER, source="t", actor="t"
    )
    token = body_token(real)
    answer = await save(real, token, form(await opened(real, token), tick=(PROMOTIONS,)))

    assert answer.status_code == 409
    assert "stands against it" in answer.text
    assert real.mails(ANN) == []


@pytest.mark.parametrize("days", [30, 90])
async def test_a_pause_ends_by_itself(real: RealWorld, days: int) -> None:
    await consented(real)
    token = body_token(real)
    answer = await save(real, token, {"do": f"pause-{days}"})

    assert answer.status_code == 200
    assert await outcome(real) == "unsubscribed"
    assert "Paused until" in await opened(real, token)
    assert await outcome(real, purpose="service/feedback") == "not_objected"
    await real.advance(timedelta(days=days, minutes=1))
    assert await outcome(real) == "consented"
    assert "Paused until" not in await opened(real, token)


async def test_a_pause_on_top_of_a_stop_leaves_the_stop(real: RealWorld) -> None:
    await consented(real)
    token = body_token(real)
    await save(real, token, {"do": "stop-marketing"})
    await save(real, token, {"do": "pause-30"})
    assert len(await real.stops(ANN)) == 2
    await real.advance(timedelta(days=31))

    assert await outcome(real) == "unsubscribed"


async def test_all_marketing_is_stopped_on_every_channel_and_everything_for_every_sender(
    real: RealWorld,
) -> None:
    token = body_token(real)
    await save(real, token, {"do": "stop-marketing"})
    await save(real, token, {"do": "stop-everything"})

    marketing, everything = await real.stops(ANN)
    assert marketing.scope == Scope(frozenset(), "marketing", "shop", ALL)
    assert everything.scope == Scope()


def undo_of(answer: httpx.Response) -> dict[str, str]:
    found = re.search(r'name="undo" value="([^"]+)"', answer.text)
    assert found
    return {"undo": found[1]}


async def test_undo_takes_back_all_that_one_form_stopped_and_nothing_else(real: RealWorld) -> None:
    await consented(real)
    token = body_token(real)
    await real.client.post(f"/u/{real.token(purpose='marketing/industry-news')}")
    answer = await save(real, token, {"row": [PROMOTIONS, SURVEYS, FEEDBACK], "on": []})
    assert len(await real.stops(ANN)) == 4

    undone = await real.client.post(f"/u/{token}/undo", data=undo_of(answer))

    assert undone.status_code == 200
    [left] = await real.stops(ANN)
    assert left.scope.purpose == "marketing/industry-news"
    assert (await real.client.post(f"/u/{token}/undo", data=undo_of(answer))).status_code == 200
    assert (
        await real.client.post(f"/u/{body_token(real, 'bob@example.net')}/undo", data=undo_of(answer))
    ).status_code == 409


@pytest.mark.parametrize("do", ["export", "erase"])
async def test_a_request_about_data_is_one_once_it_is_confirmed(real: RealWorld, do: str) -> None:
    await consented(real)
    token = body_token(real)
    answer = await save(real, token, form(await opened(real, token), do=do))
    assert answer.status_code == 200
    assert not [line for line in await real.records(ANN) if line.kind.value == "requested"]

    page = await real.client.get(link(real))
    assert "Yes, " in page.text
    for _ in range(2):
        assert (await real.client.post(link(real))).status_code == 200

    [line] = [line for line in await real.records(ANN) if line.kind.value == "requested"]
    assert line.details == {"what": {"export": "export", "erase": "erasure"}[do]}
    assert line.sender == "shop"
    erased = any(stop.reason is Reason.ERASED for stop in await real.stops(ANN))
    assert erased == (do == "erase")
    assert (await real.store.address(real.recipient(ANN).key) is None) == erased


async def test_a_store_that_is_away_is_no_success_and_the_form_can_be_sent_again(real: RealWorld) -> None:
    await consented(real)
    token = body_token(real)
    fields = form(await opened(real, token), untick=(PROMOTIONS,))
    await real.go_away()

    answer = await save(real, token, fields)
    page = await real.client.get(f"/u/{token}")

    assert answer.status_code == 503
    assert "not saved" in answer.text
    assert answer.text.count('name="row"') == len(fields["row"])
    assert page.status_code == 200
    assert "cannot be shown just now" in page.text


async def test_a_tag_in_a_form_is_text(real: RealWorld) -> None:
    token = body_token(real)
    await real.go_away()
    answer = await save(real, token, {"row": '"><script>alert(1)</script>', "do": "save"})

    assert "<script" not in answer.text
