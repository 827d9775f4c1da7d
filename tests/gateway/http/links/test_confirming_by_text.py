"""Double opt-in of a phone: one text asks, through the outbox like any other; the page behind its link is the same."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from channels.sms.segments import is_gsm7, segments
from gateway.confirmations import text as confirmation_text
from gateway.confirmations.wishes import Kind
from gateway.languages import LANGUAGES
from suppression.decision import Reason
from suppression.model import Basis, Channel, Scope, Way
from suppression.outbox import Entry, State
from suppression.store.outbox import Outbox
from suppression.token import TokenKind
from tests.gateway.http.world import PUBLIC_URL, RealWorld

PHONE = "+12025550143"
PROMOTIONS = "marketing/promotions"


def pending(world: RealWorld, **more: Any) -> dict[str, Any]:
    return {
        "address": PHONE,
        "channels": ["sms"],
        "purpose": PROMOTIONS,
        "basis": "double_opt_in",
        "source": "shop form",
        "at": world.now().isoformat(),
        "evidence": {"form": "checkout"},
        "state": "pending",
        **more,
    }


async def ask(world: RealWorld, **more: Any) -> httpx.Response:
    return await world.post("/v1/consents", pending(world, **more))


async def texts(world: RealWorld) -> list[Entry]:
    return await Outbox(world.store).waiting(world.recipient(PHONE))


async def link(world: RealWorld) -> str:
    """The path of the link in the last text."""
    content = (await texts(world))[-1].content
    assert content is not None
    found = re.search(re.escape(PUBLIC_URL) + r"(/c/[\w-]+)", content["body"])
    assert found, content
    return found[1]


async def test_a_phone_is_asked_by_text_and_consents_by_pressing(real: RealWorld) -> None:
    answer = await ask(real)
    assert (answer.status_code, answer.json()["state"]) == (201, "pending")
    (text,) = await texts(real)
    assert (text.purpose, text.system, text.channel) == ("system/opt-in-confirmation", True, Channel.SMS)
    assert (await real.facts(PHONE)).consents == ()

    path = await link(real)
    page = await real.client.get(path)
    assert "text messages about “Promotions” from The Shop" in page.text
    assert (await real.facts(PHONE)).consents == ()
    assert (await real.client.post(path)).status_code == 200
    (consent,) = (await real.facts(PHONE)).consents
    assert (consent.basis, consent.direct) == (Basis.DOUBLE_OPT_IN, True)
    assert consent.scope == Scope(frozenset({Channel.SMS}), PROMOTIONS, "shop")
    assert answer.json()["id"] == real.doors.handle(real.recipient(PHONE), consent)


async def test_the_evidence_names_the_words_of_the_text(real: RealWorld) -> None:
    await ask(real)
    await real.client.post(await link(real))
    (held,) = (await real.get(f"/v1/recipients/{PHONE}/export", "agent")).json()["consents"]
    assert held["evidence"]["wording"] == confirmation_text.wording("en", Kind.CONSENT)


async def test_a_phone_is_asked_once_a_week(real: RealWorld) -> None:
    """The same question again sends nothing more; another is told so."""
    first = await ask(real)
    assert (await ask(real)).json() == first.json()
    other = await ask(real, purpose="marketing/surveys")
    assert other.status_code == 409
    assert len(await texts(real)) == 1


async def test_who_asks_about_data_waits_a_day_and_consents_do_not_stand_in_the_way(real: RealWorld) -> None:
    await ask(real)
    await real.doors.changes.suppress(
        real.recipient(PHONE),
        Scope(frozenset({Channel.SMS}), PROMOTIONS, "shop"),
        reason=Reason.UNSUBSCRIBED,
        way=Way.LINK,
        source="unsubscribe",
        actor="recipient",
    )
    token = real.token(PHONE, kind=TokenKind.BODY, channel=Channel.SMS)
    page = (await real.client.get(f"/u/{token}")).text
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form
    for _ in range(2):
        answer = await real.client.post(f"/u/{token}/preferences", data={"do": "erase", "form": form[1]})
        assert "We sent a text message to +12*******43" in answer.text
    assert [text.purpose for text in await texts(real)] == [
        "system/opt-in-confirmation",
        "system/erasure-confirmation",
    ]


@pytest.mark.parametrize("reason", [Reason.COMPLAINED, Reason.BLOCKED, Reason.ERASED])
async def test_who_could_get_nothing_by_it_is_not_asked(real: RealWorld, reason: Reason) -> None:
    await real.doors.changes.suppress(
        real.recipient(PHONE), Scope(), reason=reason, way=Way.AGENT, source="console", actor="ann"
    )
    assert (await ask(real)).status_code == 409
    assert await texts(real) == []


async def test_a_question_that_comes_too_late_is_not_sent(real: RealWorld) -> None:
    await ask(real)
    (text,) = await texts(real)
    assert text.deadline is not None
    assert timedelta(hours=23) < text.deadline - real.now() <= timedelta(days=1)
    assert text.state is State.WAITING


async def test_a_sender_without_texts_asks_no_phone(real: RealWorld) -> None:
    answer = await real.post("/v1/consents", pending(real, sender="other"), "agent")
    assert answer.status_code == 422
    assert "sends no texts" in answer.text


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_is_short_and_says_who_asks(language: str, kind: Kind) -> None:
    url = "https://mail.example.com/c/" + "A" * 60
    body = confirmation_text.body(language, "The Shop", kind, url)
    assert body.startswith("The Shop: ")
    assert url in body
    assert is_gsm7(body) or language == "hi"
    assert segments(body).count <= (3 if language == "hi" else 2)


def test_other_words_have_another_name() -> None:
    names = {confirmation_text.wording(language, kind) for language in LANGUAGES for kind in Kind}
    assert len(names) == len(LANGUAGES) * len(Kind)
