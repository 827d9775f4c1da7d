"""Double opt-in: one mail asks, one click answers; nothing else makes a consent of it, and nothing makes it twice."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from suppression.decision import Reason
from suppression.model import Basis, Channel, Scope, Way
from suppression.records import RecordKind
from suppression.token import TokenKind
from tests.gateway.http.world import PUBLIC_URL, RealWorld

ANN = "ann@example.net"
BOB = "bob@example.net"
PROMOTIONS = "marketing/promotions"


def pending(world: RealWorld, **more: Any) -> dict[str, Any]:
    return {
        "address": ANN,
        "channels": ["email"],
        "purpose": PROMOTIONS,
        "basis": "double_opt_in",
        "source": "footer form",
        "at": world.now().isoformat(),
        "evidence": {"form": "newsletter", "ip": "192.0.2.7"},
        "state": "pending",
        **more,
    }


async def ask(world: RealWorld, **more: Any) -> httpx.Response:
    return await world.post("/v1/consents", pending(world, **more))


def link(world: RealWorld, to: str = ANN) -> str:
    """The path of the link in the last mail, the same in both of its parts."""
    mail = world.mails(to)[-1]
    links = set()
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        links |= set(re.findall(re.escape(PUBLIC_URL) + r"(/c/[\w-]+)", part.get_content()))
    [found] = links
    return str(found)


async def outcome(world: RealWorld, to: str = ANN, purpose: str = PROMOTIONS) -> str:
    asked = {"requests": [{"channel": "email", "to": to, "purpose": purpose}], "record": False}
    answer = await world.post("/v1/decisions", asked)
    return str(answer.json()["decisions"][0]["reason"])


async def test_a_pending_consent_is_none_until_its_link_is_pressed(real: RealWorld) -> None:
    answer = await ask(real)

    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "effective": False, "state": "pending"}
    assert (await real.facts(ANN)).consents == ()
    assert await outcome(real) == "no_consent"

    page = await real.client.get(link(real))
    assert page.status_code == 200
    assert "emails about “Promotions” from The Shop" in page.text
    assert await outcome(real) == "no_consent"

    done = await real.client.post(
        link(real), headers={"User-Agent": "A browser", "X-Forwarded-For": "192.0.2.99"}
    )
    assert done.status_code == 200
    assert "Confirmed" in done.text
    assert await outcome(real) == "consented"
    [consent] = (await real.facts(ANN)).consents
    assert (consent.basis, consent.direct, consent.source) == (Basis.DOUBLE_OPT_IN, True, "footer form")
    known = (await real.get(f"/v1/recipients/{ANN}")).json()
    assert [entry["id"] for entry in known["consents"]] == [answer.json()["id"]]


async def test_the_evidence_names_form_click_and_wording(real: RealWorld) -> None:
    await ask(real)
    await real.client.post(link(real), headers={"User-Agent": "A\tbrowser", "X-Forwarded-For": "192.0.2.99"})

    [consent] = (await real.facts(ANN)).consents
    evidence = await real.store.evidence(real.recipient(ANN).key, consent.id)
    assert evidence["form"] == "newsletter"
    assert evidence["confirmed_user_agent"] == "A browser"
    assert evidence["confirmed_for"] == "192.0.2.99"
    assert evidence.keys() >= {
        "confirmed_at",
        "confirmed_ip",
        "asked_at",
        "asked_by",
        "wording",
        "wording_language",
    }


async def test_the_mail_is_automatic_from_the_sender_and_says_who_asks(real: RealWorld) -> None:
    await ask(real)

    [mail] = real.mails(ANN)
    assert (
        mail["From"] == '"The Shop" <hello@shop.example>' or mail["From"] == "The Shop <hello@shop.example>"
    )
    assert mail["To"].addresses[0].addr_spec == ANN
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "emails about “Promotions” from The Shop" in text.get_content()
    assert "1 Main Street, Springfield" in text.get_content()
    kinds = [line.kind for line in await real.records(ANN)]
    assert kinds == [RecordKind.HANDING_OVER, RecordKind.SENT]
    assert {line.purpose for line in await real.records(ANN)} == {"system/opt-in-confirmation"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_who_only_looks_confirms_nothing(real: RealWorld, method: str) -> None:
    await ask(real)
    answer = await real.client.request(method, link(real))

    assert answer.status_code in {200, 204}
    assert (await real.facts(ANN)).consents == ()


async def test_asked_again_it_is_the_same_and_no_second_mail(real: RealWorld) -> None:
    first, second = await ask(real), await ask(real)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(real.mails(ANN)) == 1


async def test_one_question_a_week_for_each_address(real: RealWorld) -> None:
    await ask(real)
    other = await ask(real, purpose="marketing/surveys")
    assert other.status_code == 409
    assert "asked to confirm" in other.json()["detail"]
    tagged = await ask(real, address="ann+news@example.net", purpose="marketing/surveys")
    assert tagged.status_code == 409, "another spelling of the address is the same recipient"
    assert len(real.mails(ANN)) == 1


async def test_of_many_questions_at_once_one_leaves(real: RealWorld) -> None:
    purposes = [
        "marketing/promotions",
        "marketing/surveys",
        "marketing/new-products",
        "marketing/industry-news",
    ]
    answers = await asyncio.gather(*(ask(real, purpose=purpose) for purpose in purposes * 3))

    assert len(real.mails(ANN)) == 1
    assert {answer.status_code for answer in answers} <= {201, 409, 503}


async def test_a_repeated_click_changes_nothing_whatever_was_said_since(real: RealWorld) -> None:
    await ask(real)
    path = link(real)
    await real.client.post(path)
    await real.client.post(f"/u/{real.token(kind=TokenKind.BODY)}")
    assert await outcome(real) == "unsubscribed"

    again = await real.client.post(path)

    assert again.status_code == 200
    assert await outcome(real) == "unsubscribed"


async def test_what_the_recipient_stopped_gives_way_to_what_they_confirm(real: RealWorld) -> None:
    await real.client.post(f"/u/{real.token(kind=TokenKind.BODY)}")
    assert await outcome(real) == "unsubscribed"
    assert (await ask(real)).status_code == 201
    assert await outcome(real) == "unsubscribed"

    await real.client.post(link(real))

    assert await outcome(real) == "consented"
    assert await outcome(real, purpose="marketing/surveys") == "unsubscribed", "for its own scope only"


@pytest.mark.parametrize("reason", [Reason.COMPLAINED, Reason.BLOCKED, Reason.UNDELIVERABLE, Reason.ERASED])
async def test_none_goes_to_whom_no_confirmation_could_bring_back(real: RealWorld, reason: Reason) -> None:
    await real.doors.changes.suppress(
        real.recipient(ANN),
        Scope(frozenset({Channel.EMAIL})),
        reason=reason,
        way=Way.PROVIDER,
        source="t",
        actor="t",
    )
    answer = await ask(real)

    assert answer.status_code == 409
    assert real.mails(ANN) == []


async def test_a_complaint_after_the_question_stands_against_the_answer(real: RealWorld) -> None:
    await ask(real)
    await real.doors.changes.suppress(
        real.recipient(ANN),
        Scope(frozenset({Channel.EMAIL})),
        reason=Reason.COMPLAINED,
        way=Way.PROVIDER,
        source="t",
        actor="t",
    )
    answer = await real.client.post(link(real))

    assert answer.status_code == 409
    assert (await real.facts(ANN)).consents == ()


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"basis": "contract"}, "#/basis"),
        ({"basis": "soft_opt_in"}, "#/basis"),
        ({"overrides": ["sup_1"]}, "#/overrides"),
    ],
)
async def test_what_cannot_be_asked_is_422(real: RealWorld, more: dict[str, Any], pointer: str) -> None:
    answer = await real.post(
        "/v1/consents", pending(real, **more), key="agent" if "overrides" in more else "app"
    )
    if "overrides" in more:
        answer = await real.post("/v1/consents", pending(real, **more, sender="shop"), key="agent")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_without_a_store_nothing_is_asked(real: RealWorld) -> None:
    body = pending(real)
    await real.go_away()
    assert (await real.post("/v1/consents", body)).status_code == 503


async def test_a_confirmation_is_of_its_own_recipient_and_kind(real: RealWorld) -> None:
    await ask(real)
    path = link(real)
    token = path.rpartition("/")[2]
    for place in range(0, len(token), 5):
        altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert (await real.client.post(f"/c/{altered}")).status_code == 404
    assert (await real.client.post(f"/u/{token}")).status_code == 404
    assert (await real.client.post(f"/c/{real.token(kind=TokenKind.BODY)}")).status_code == 404
    assert (await real.facts(ANN)).consents == ()
    assert (await real.facts(ANN)).suppressions == ()


async def test_the_page_says_so_when_nothing_waits_any_more(real: RealWorld) -> None:
    await ask(real)
    path = link(real)
    shard = real.store.shards.of(real.recipient(ANN).key)
    name = shard.pending(real.recipient(ANN).key)
    left = await real.store.client.stops.execute("PTTL", name)
    assert timedelta(days=6.9) < timedelta(milliseconds=left) <= timedelta(days=7)
    await real.store.client.stops.execute("DEL", name)

    for method in ("GET", "POST"):
        answer = await real.client.request(method, path)
        assert answer.status_code == 410
        assert "nothing to confirm" in answer.text
    assert (await real.facts(ANN)).consents == ()


async def test_it_is_forgotten_by_the_clock_that_decides(real: RealWorld) -> None:
    """The sandbox's, too, which the store's own times of forgetting do not follow."""
    await ask(real)
    path = link(real)
    await real.advance(timedelta(days=7, minutes=1))

    for method in ("GET", "POST"):
        assert (await real.client.request(method, path)).status_code == 410
    assert (await real.facts(ANN)).consents == ()


async def test_a_click_that_cannot_be_stored_is_503(real: RealWorld) -> None:
    await ask(real)
    path = link(real)
    await real.go_away()

    answer = await real.client.post(path)

    assert answer.status_code == 503
    assert "Nothing is confirmed yet" in answer.text


async def test_pages_set_no_cookie_and_hold_no_address(real: RealWorld) -> None:
    await ask(real)
    path = link(real)
    for answer in (await real.client.get(path), await real.client.post(path)):
        assert "set-cookie" not in answer.headers
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert ANN not in answer.text


async def test_a_child_is_not_asked(real: RealWorld) -> None:
    await real.store.client.stops.execute(
        "HSET", real.store.shards.of(real.recipient(ANN).key).recipient(real.recipient(ANN).key), "b", "c"
    )
    assert (await ask(real)).status_code == 409
    assert real.mails(ANN) == []
