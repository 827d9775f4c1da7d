"""What a form of the preferences only asks the address itself about: consents, and requests about one's data."""

from datetime import timedelta
from typing import Any

import pytest

from suppression.decision import Reason
from suppression.model import Scope, Way
from tests.gateway.http.preference_page import (
    ANN,
    PROMOTIONS,
    SURVEYS,
    body_token,
    consented,
    form,
    opened,
    save,
)
from tests.gateway.http.test_confirming import link, outcome
from tests.gateway.http.world import FakeWorld, RealWorld


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


async def test_a_mail_to_confirm_is_in_the_language_of_the_page(real: RealWorld) -> None:
    await consented(real, purpose="marketing/promotions")
    token = body_token(real)
    page = (await real.client.get(f"/u/{token}", headers={"Accept-Language": "de"})).text
    await real.client.post(
        f"/u/{token}/preferences", data=form(page, tick=(SURVEYS,)), headers={"Accept-Language": "de"}
    )

    [mail] = real.mails(ANN)
    assert mail["Subject"] == "Bitte bestätigen: Nachrichten von The Shop"
    assert mail["Content-Language"] == "de"
