"""The preferences below the buttons: what they show, and what a form of them stops at once."""

import re
from datetime import timedelta

import httpx
import pytest

from gateway.http.preferences import masked
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import ALL, Channel, Scope, Way
from suppression.token import TokenKind
from tests.gateway.http.preference_page import (
    ANN,
    PROMOTIONS,
    SURVEYS,
    body_token,
    boxes,
    consented,
    form,
    opened,
    save,
)
from tests.gateway.http.test_confirming import outcome
from tests.gateway.http.world import RealWorld, World

PHONE = "+12025550143"
FEEDBACK = "email:service/feedback"


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
    assert 'value="export"' not in page, "there is no way yet to ask a phone number"


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


@pytest.mark.parametrize(
    "fields", [{}, {"do": "nonsense"}, {"row": "email:nothing", "on": "x"}, {"row": "\x00"}]
)
async def test_what_the_page_did_not_show_changes_nothing(world: World, fields: dict[str, str]) -> None:
    await consented(world)
    answer = await save(world, body_token(world), fields)

    assert answer.status_code == 200
    assert await world.stops(ANN) == ()


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


@pytest.mark.parametrize(
    ("asked_for", "language", "said"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "Abbestellen"),
        ("es", "es", "Darse de baja"),
        ("fr-CA", "fr", "Se désabonner"),
        ("hi-IN", "hi", "सदस्यता छोड़ें"),
        ("tlh, xx;q=0.5", "en", "Unsubscribe"),
        ("", "en", "Unsubscribe"),
        ("de;q=0, es;q=x, fr;q=0.1", "fr", "Se désabonner"),
        (",;=" * 2000, "en", "Unsubscribe"),
    ],
)
async def test_the_page_is_in_the_readers_language(
    world: World, asked_for: str, language: str, said: str
) -> None:
    token = body_token(world)
    answer = await world.client.get(f"/u/{token}", headers={"Accept-Language": asked_for})

    assert f'<html lang="{language}">' in answer.text
    assert f"<h1>{said}</h1>" in answer.text
    stopped = await world.client.post(f"/u/{token}", headers={"Accept-Language": asked_for})
    assert f'<html lang="{language}">' in stopped.text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ann@example.net", "a***@e***.net"),
        ("a@b.co.uk", "a***@b***.uk"),
        ('"a b"@example.net', '"***@e***.net'),
        ("x@localhost.example", "x***@l***.example"),
        ("+12025550143", "+12*******43"),
        ("+4915112345678", "+49*********78"),
    ],
)
def test_an_address_is_shown_masked(address: str, shown: str) -> None:
    assert masked(parse(address)) == shown
