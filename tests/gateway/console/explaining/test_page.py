"""Why a message went or did not, over HTTP and a real store."""

import html
import re
from typing import Any

from channels.carrier import Sent
from gateway.console.recipients import handles
from gateway.roads.pipeline import Ask, Pipeline
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import Channel, Scope, Way
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.hand_over import HandOver
from suppression.store.permit import Permit
from tests.gateway.console.house import Browser
from tests.gateway.console.recipients.conftest import Desk
from tests.gateway.http.world import APPS, SENDERS

ANN, BOB = "ann@example.net", "+12025550143"
PROMOTIONS, NEWS = "marketing/promotions", "service/notifications"
HOSTILE = "</td><script>alert(1)</script>"


async def decide(desk: Desk, purpose: str, to: str = ANN, channel: str = "email") -> dict[str, Any]:
    asked = {"requests": [{"channel": channel, "to": to, "purpose": purpose}]}
    answer = await desk.world.post("/v1/decisions", asked)
    assert answer.status_code == 200, answer.text
    (made,) = answer.json()["decisions"]
    return dict(made)


async def stop(desk: Desk, scope: Scope, note: str = "", to: str = ANN) -> str:
    applied = await desk.world.doors.changes.suppress(
        desk.world.recipient(to),
        scope,
        reason=Reason.UNSUBSCRIBED,
        way=Way.LINK,
        source="unsubscribe",
        actor="recipient",
        note=note,
    )
    return applied.handle


async def explained(desk: Desk, query: str, role: str = "agent") -> Browser:
    browser = await desk.house.signed_in(role)
    answer = await browser.get(f"/console/explain?{query}")
    assert answer.status_code == 200, answer.text
    return browser


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def verdict(page: str) -> str:
    found = re.search(r'<p class="verdict.*?</p>', page, re.DOTALL)
    assert found, page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", found[0])).split())


def row(page: str, rule: str) -> str:
    for found in re.findall(r"<tr.*?</tr>", page, re.DOTALL):
        if f"<code>{rule}</code>" in found:
            return words("<main" + found)
    raise AssertionError(rule)


async def test_a_refusal_names_the_stop_that_it_went_by_and_who_said_it(desk: Desk) -> None:
    handle = await stop(desk, Scope(purpose="marketing"))
    made = await decide(desk, PROMOTIONS)
    page = (await explained(desk, f"decision={made['decision_id']}")).page
    assert verdict(page).startswith("✕ Refused on ")
    assert verdict(page).endswith(" UTC, because they stopped such messages.")
    said = words(page)
    assert "Rule suppression : Did they stop it?" in said
    assert f'href="{desk.path(ANN)}#{handle}"' in page
    assert "All marketing, on any channel" in said
    assert "by the link in a message" in said
    assert "Now: still stands as it did then." in said
    assert "Nothing is known to have changed since" in said
    assert "It ended there: nothing left." in said


async def test_of_then_it_is_told_what_is_known_and_no_more(desk: Desk) -> None:
    await stop(desk, Scope(purpose="marketing"))
    made = await decide(desk, PROMOTIONS)
    page = (await explained(desk, f"decision={made['decision_id']}")).page
    assert "✓ Had nothing against it ✓ Has nothing against it" in row(page, "access")
    assert "✕ Refused: they stopped such messages ✕ Refuses: they stopped such messages" in row(
        page, "suppression"
    )
    assert "· Not asked any more" in row(page, "hours")


async def test_what_changed_after_it_is_shown_and_what_holds_now_beside_it(desk: Desk) -> None:
    handle = await stop(desk, Scope(purpose=NEWS))
    made = await decide(desk, NEWS)
    assert made["outcome"] == "refuse"
    await desk.world.doors.changes.lift(handle, actor="agent:kim", reason="asked", evidence={"call": "1"})
    page = (await explained(desk, f"decision={made['decision_id']}")).page
    said = words(page)
    assert "The same message again: it would go now" in said
    assert "That is another answer than then." in said
    assert re.search(r"Now: A stop was lifted on .* UTC by kim", said)
    assert "what is known of the recipient has changed" in said
    assert "differs" in row(page, "suppression")
    assert "A stop was lifted" in words("<main" + page.partition('id="since"')[2])


async def test_a_stop_that_came_after_it_is_not_what_decided(desk: Desk) -> None:
    made = await decide(desk, NEWS)
    assert made["outcome"] == "send"
    await stop(desk, Scope(purpose=NEWS), note=HOSTILE)
    page = (await explained(desk, f"decision={made['decision_id']}")).page
    assert verdict(page).startswith("✓ Allowed on ")
    assert "The same message again: it would be refused now" in words(page)
    assert "Had nothing against it" in row(page, "suppression")
    assert "differs" in row(page, "suppression")
    assert "<script>alert" not in page


async def test_how_it_ended_is_told_from_the_decision_and_from_its_end(desk: Desk) -> None:
    pipeline = Pipeline(desk.world.store, Catalogue.shipped(), SENDERS)
    ask = Ask(APPS["demo"], Channel.EMAIL, Catalogue.shipped().find(NEWS), parse(ANN))
    hand_over = HandOver("a" * 32, "", remembers=False)
    permit = await pipeline.permit(ask, hand_over)
    assert isinstance(permit, Permit)
    await pipeline.settle(ask, permit, hand_over, Sent("taken as 4711"))
    records = await desk.world.records(ANN)
    ended = next(one for one in records if one.kind is RecordKind.SENT)
    for query in (f"decision={ended.decision}", f"decision={ended.id}", f"message={ended.decision}"):
        page = (await explained(desk, query)).page
        assert verdict(page).startswith("✓ Allowed on ")
        assert "Handed over" in words(page)
        assert "taken as 4711" in words(page)


async def test_a_text_is_explained_by_the_id_that_its_app_got(desk: Desk) -> None:
    body = {"to": [BOB], "purpose": "transactional/orders", "body": "on its way"}
    answer = await desk.world.post("/v1/sms", body)
    (taken,) = answer.json()["messages"]
    page = (await explained(desk, f"message={taken['id']}")).page
    pasted = (await explained(desk, f"decision={taken['id']}")).page  # into the one field there is
    assert verdict(page).startswith("✓ Accepted on ") or verdict(page).startswith("◷ Put off")
    by_decision = (await explained(desk, f"decision={taken['decision_id']}")).page
    assert verdict(by_decision) == verdict(pasted) == verdict(page)


async def test_a_cell_of_the_recipients_page_leads_to_every_rules_verdict(desk: Desk) -> None:
    await stop(desk, Scope(purpose="marketing"))
    browser = await desk.at(ANN)
    link = next(
        html.unescape(found)
        for found in re.findall(r'href="(/console/explain\?recipient=[^"]+)"', browser.page)
        if "promotions" in found and "channel=email" in found
    )
    await browser.get(link)
    assert "it would be refused now, because they stopped such messages" in words(browser.page)
    assert ANN in browser.page
    assert "decides" in row(browser.page, "suppression")
    assert len(await desk.world.records(ANN)) == 1, "nothing is logged"


async def test_it_agrees_with_the_api(desk: Desk) -> None:
    await stop(desk, Scope(frozenset({Channel.EMAIL}), "marketing"))
    for purpose in (PROMOTIONS, NEWS, "transactional/payments"):
        answer = await desk.world.get("/v1/explain", address=ANN, channel="email", purpose=purpose)
        query = f"recipient={handles.of(desk.world.recipient(ANN))}&channel=email&purpose={purpose}&app=demo"
        page = (await explained(desk, query)).page
        for one in answer.json()["rules"]:
            symbol = {"pass": "✓", "refuse": "✕", "defer": "◷", "skip": "–"}[one["verdict"]]
            assert symbol in row(page, one["rule"]), (purpose, one)


async def test_an_unknown_kind_of_message_is_asked_for_again(desk: Desk) -> None:
    handle = handles.of(desk.world.recipient(ANN))
    page = (await explained(desk, f"recipient={handle}&channel=pigeon&purpose=none&app={HOSTILE}")).page
    assert "There is no such channel, purpose or app" in words(page)
    assert "<script>alert" not in page


async def test_what_is_no_decision_is_told_as_what_it_is(desk: Desk) -> None:
    await stop(desk, Scope(purpose="marketing"))
    (record,) = await desk.world.records(ANN)
    page = (await explained(desk, f"decision={record.id}")).page
    assert "This is no decision about a message" in words(page)
    assert desk.path(ANN) in page


async def test_what_there_is_not_is_not_found(desk: Desk) -> None:
    browser = await desk.house.signed_in()
    for query in ("decision=0000000000000000", "decision=%3Cscript%3E", "message=msg_0", "recipient=rcp_0"):
        assert (await browser.get(f"/console/explain?{query}")).status_code == 404, query
    assert (await browser.get("/console/explain")).status_code == 200


async def test_a_refusal_by_the_front_says_that_no_rule_was_asked(desk: Desk) -> None:
    store, key = desk.world.store, desk.world.recipient(ANN).key
    record = Record(
        RecordKind.DECIDED,
        codec.milliseconds(store.now()),
        recipient=key.hex(),
        channel="email",
        purpose=PROMOTIONS,
        sender="shop",
        app="gone",
        outcome="refuse",
        reason=Reason.NO_VISIBLE_WAY_OUT.value,
        rule="way_out",
        text=HOSTILE,
    )
    await store.log_record(key, record, store.client.stops)
    (logged,) = await desk.world.records(ANN)
    page = (await explained(desk, f"decision={logged.id}", "auditor")).page
    assert "The gateway's own front" in words(page)
    assert "because the message had no place for a way out" in words(page)
    assert "cannot be told: the app, or the purpose, is no more" in words(page)
    assert "<script>alert" not in page
