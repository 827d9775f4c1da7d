"""The way out: what changes state, what does not, and that no answer claims what was not stored."""

import re
from datetime import timedelta

import httpx
import pytest

from suppression.model import ALL, Channel, Scope, Way
from suppression.records import RecordKind
from suppression.token import TokenKind
from tests.gateway.http.world import FakeWorld, World

ANN = "ann@example.net"
ONE_CLICK = b"List-Unsubscribe=One-Click"

# RFC 8058 8.3 as printed: its boundary does not match its delimiter lines, so no form parser reads it.
RFC_EXAMPLE = (
    b"---FormBoundaryjWmhtjORrn\r\n"
    b'Content-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
    b"---FormBoundaryjWmhtjORrn--\r\n"
)
BODIES = {
    "urlencoded": ("application/x-www-form-urlencoded", ONE_CLICK),
    "urlencoded with charset": ("application/x-www-form-urlencoded; charset=UTF-8", ONE_CLICK),
    "multipart": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    ),
    "the RFC's own example": ("multipart/form-data; boundary=---FormBoundaryjWmhtjORrn", RFC_EXAMPLE),
    "multipart without boundary": ("multipart/form-data", RFC_EXAMPLE),
    "no content type": (None, ONE_CLICK),
    "no body": (None, b""),
    "a type without a body": ("application/x-www-form-urlencoded", b""),
    "json": ("application/json", b"{}"),
    "broken json": ("application/json", b"{"),
    "bytes": ("application/x-www-form-urlencoded", bytes(range(256))),
    "many fields": ("application/x-www-form-urlencoded", b"a=1&" * 1000),
    "another value": ("application/x-www-form-urlencoded", b"List-Unsubscribe=No"),
    "an unknown scope": ("application/x-www-form-urlencoded", b"scope=nothing"),
    "a malformed type": ("text/;;;=", ONE_CLICK),
    "larger than is read": ("application/x-www-form-urlencoded", b"x" * 100_000),
}


async def click(world: World, token: str, body: bytes = ONE_CLICK, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await world.client.post(f"/u/{token}", content=body, headers=named)


@pytest.mark.parametrize("name", BODIES)
async def test_a_post_stops_whatever_its_body(world: World, name: str) -> None:
    media, body = BODIES[name]
    headers = {"Content-Type": media} if media else {}

    answer = await world.client.post(f"/u/{world.token()}", content=body, headers=headers)

    assert answer.status_code == 200
    (stop,) = await world.stops(ANN)
    assert stop.scope == Scope(frozenset({Channel.EMAIL}), "marketing/promotions", "shop", ALL)
    assert (stop.way, stop.source, stop.actor) == (Way.ONE_CLICK, "unsubscribe", "recipient")


async def test_the_answer_has_no_cookie_no_redirect_and_leaks_no_address_of_the_page(world: World) -> None:
    for answer in (await click(world, world.token()), await world.client.get(f"/u/{world.token()}")):
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert ANN not in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_looking_changes_nothing_and_is_logged_as_a_view(world: World, method: str) -> None:
    answer = await world.client.request(method, f"/u/{world.token()}")

    assert answer.status_code in {200, 204}
    assert await world.stops(ANN) == ()
    (line,) = await world.records(ANN)
    assert line.kind is RecordKind.VIEWED
    assert line.details == {"method": method}


async def test_a_page_with_credentials_cookies_or_an_origin_is_answered_alike(world: World) -> None:
    answer = await click(
        world, world.token(), Authorization="Basic eDp5", Cookie="a=b", Origin="https://elsewhere.example"
    )

    assert answer.status_code == 200
    assert len(await world.stops(ANN)) == 1


async def test_a_repeat_is_200_and_the_same_entry_without_undo(world: World) -> None:
    token = world.token()
    first = await click(world, token)
    second = await click(world, token)

    assert (first.status_code, second.status_code) == (200, 200)
    assert len(await world.stops(ANN)) == 1
    assert 'name="undo"' in first.text
    assert 'name="undo"' not in second.text


async def test_the_page_names_sender_and_purpose_and_has_one_button_first(world: World) -> None:
    page = (await world.client.get(f"/u/{world.token()}")).text

    assert "The Shop" in page
    assert "Promotions" in page
    assert "1 Main Street" in page
    assert page.index('value="own"') < page.index('value="marketing"') < page.index('value="everything"')


async def test_a_footer_link_stops_all_marketing_of_its_sender_on_its_channel(world: World) -> None:
    answer = await click(world, world.token(kind=TokenKind.BODY), b"")

    assert answer.status_code == 200
    (stop,) = await world.stops(ANN)
    assert stop.scope == Scope(frozenset({Channel.EMAIL}), "marketing", "shop", ALL)
    assert stop.way is Way.LINK


async def test_everything_is_chosen_by_the_pages_own_field(world: World) -> None:
    media = "application/x-www-form-urlencoded"
    answer = await click(world, world.token(kind=TokenKind.BODY), b"scope=everything", Content_Type=media)

    assert "everything" in answer.text
    (stop,) = await world.stops(ANN)
    assert stop.scope == Scope()


async def test_a_footer_link_of_service_mail_stops_that_purpose(world: World) -> None:
    await click(world, world.token(kind=TokenKind.BODY, purpose="service/feedback"))

    (stop,) = await world.stops(ANN)
    assert stop.scope.purpose == "service/feedback"


async def test_a_link_of_a_partners_offer_stops_at_least_that(world: World) -> None:
    token = world.token(purpose="marketing/partners/acme")
    page = await world.client.get(f"/u/{token}")
    await click(world, token)

    assert page.status_code == 200
    (stop,) = await world.stops(ANN)
    assert stop.scope.covers(Channel.EMAIL, "marketing/partners/acme", "shop", "demo")
    assert not stop.scope.covers(Channel.EMAIL, "marketing/promotions", "shop", "demo")


async def test_a_sender_may_let_one_click_stop_all_its_marketing(world: World) -> None:
    answer = await click(world, world.token(sender="other"))

    (stop,) = await world.stops(ANN)
    assert (stop.scope.purpose, stop.scope.sender, stop.way) == ("marketing", "other", Way.ONE_CLICK)
    assert "Other &amp; &lt;Sons&gt;" in answer.text


async def test_a_token_altered_anywhere_is_404_and_changes_nothing(world: World) -> None:
    token = world.token()
    for place in range(len(token)):
        altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        answer = await click(world, altered)
        assert answer.status_code == 404
    assert await world.stops(ANN) == ()
    assert "still stop the messages" in answer.text
    assert altered not in answer.text


@pytest.mark.parametrize("token", ["x", "%00", "a" * 5000, "%F0%9F%98%80", "..%2f..", "token.with.dots"])
async def test_what_is_no_token_is_404_for_every_method(world: World, token: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        answer = await world.client.request(method, f"/u/{token}")
        assert answer.status_code == 404


async def test_a_slash_too_many_is_404_not_a_redirect(world: World) -> None:
    answer = await world.client.post(f"/u/{world.token()}/", content=ONE_CLICK)

    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_a_stop_that_cannot_be_stored_is_503_and_says_so(world: World) -> None:
    await world.go_away()
    answer = await click(world, world.token())

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "not unsubscribed yet" in answer.text
    assert "Try again" in answer.text


async def test_a_defect_is_500_without_detail_and_never_a_success(fakes: FakeWorld) -> None:
    world = fakes
    world.memory.broken = True
    answer = await click(world, world.token())

    assert answer.status_code == 500
    assert ANN not in answer.text
    assert "RuntimeError" not in answer.text


async def test_the_page_is_shown_though_the_view_cannot_be_logged(world: World) -> None:
    await world.go_away()
    answer = await world.client.get(f"/u/{world.token()}")

    assert answer.status_code == 200


def undo_value(answer: httpx.Response) -> str:
    found = re.search(r'name="undo" value="([^"]+)"', answer.text)
    assert found
    return found.group(1)


async def press_undo(world: World, token: str, value: str) -> httpx.Response:
    return await world.client.post(f"/u/{token}/undo", data={"undo": value})


async def test_undo_lifts_the_entry_of_its_own_click(world: World) -> None:
    token = world.token()
    value = undo_value(await click(world, token))

    answer = await press_undo(world, token, value)

    assert answer.status_code == 200
    assert "Undone" in answer.text
    assert await world.stops(ANN) == ()
    assert [line.kind for line in await world.records(ANN)] == [RecordKind.SUPPRESSED, RecordKind.LIFTED]


async def test_undo_pressed_twice_is_answered_alike_and_done_once(world: World) -> None:
    token = world.token()
    value = undo_value(await click(world, token))

    answers = [await press_undo(world, token, value) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [line.kind for line in await world.records(ANN)].count(RecordKind.LIFTED) == 1


async def test_undo_leaves_an_entry_alone_that_was_stopped_again_since(world: World) -> None:
    token = world.token()
    value = undo_value(await click(world, token))
    await click(world, token)

    answer = await press_undo(world, token, value)

    assert answer.status_code == 409
    assert "still unsubscribed" in answer.text
    assert len(await world.stops(ANN)) == 1


async def test_undo_works_for_30_minutes(world: World) -> None:
    token = world.token()
    value = undo_value(await click(world, token))
    await world.advance(timedelta(minutes=31))

    assert (await press_undo(world, token, value)).status_code == 409
    assert len(await world.stops(ANN)) == 1


async def test_undo_needs_the_value_of_this_page(world: World) -> None:
    token, bobs = world.token(), world.token("bob@example.net")
    value = undo_value(await click(world, token))
    bobs_value = undo_value(await click(world, bobs))

    for wrong in ("", "AAAA", value[:-2], bobs_value, "Ã¼", "A" * 500):
        assert (await press_undo(world, token, wrong)).status_code == 409
    assert (await press_undo(world, "nonsense", value)).status_code == 404
    assert len(await world.stops(ANN)) == 1


async def test_an_undo_that_cannot_be_stored_is_503_and_says_so(world: World) -> None:
    token = world.token()
    value = undo_value(await click(world, token))
    await world.go_away()

    answer = await press_undo(world, token, value)

    assert answer.status_code == 503
    assert "still unsubscribed" in answer.text
    assert undo_value(answer) == value
