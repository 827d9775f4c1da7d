"""What Twilio reports of messages: moves on only, and what it says of the recipient is stored."""

import asyncio
from itertools import permutations

import pytest

from channels.twilio.outcomes import Breaker
from suppression.model import Channel
from suppression.outbox import Delivery, State
from suppression.records import RecordKind
from tests.gateway.http.twilio.world import (
    OTHER_ACCOUNT,
    PUBLIC,
    STRANGE,
    Hooked,
)

UNSUBSCRIBED = {
    ("sms", "*", "unsubscribed", "provider"),
    ("voice", "marketing", "unsubscribed", "provider"),
    ("voice", "service", "unsubscribed", "provider"),
}


async def test_a_report_moves_the_message_on(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    for state in ("queued", "sent", "delivered"):
        assert (await gateway.report(entry, state)).status_code == 200

    after = await gateway.sending.outbox.entry(entry.id)
    assert (after.state, after.delivery, after.reference) == (
        State.SENT,
        Delivery.DELIVERED,
        "SM" + "f" * 32,
    )


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
async def test_the_order_in_which_they_come_does_not_matter(gateway: Hooked, order: tuple[str, ...]) -> None:
    entry = await gateway.submitted()
    for state in order:
        await gateway.report(entry, state)
        await gateway.report(entry, state)

    after = await gateway.sending.outbox.entry(entry.id)
    assert (after.state, after.delivery) == (State.SENT, Delivery.DELIVERED)
    kinds = [record.kind for record in await gateway.records()]
    assert kinds.count(RecordKind.DELIVERED) == 1


async def test_many_at_once_have_one_effect(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    answers = await asyncio.gather(*(gateway.report(entry, "delivered") for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert [record.kind for record in await gateway.records()].count(RecordKind.DELIVERED) == 1


async def test_a_report_of_another_sid_is_not_about_it(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    await gateway.report(entry, "sent")
    answer = await gateway.report(entry, "delivered", MessageSid="SM" + "e" * 32)

    assert answer.status_code == 403
    assert (await gateway.sending.outbox.entry(entry.id)).delivery is Delivery.SENT


async def test_its_own_report_corrects_what_a_look_up_found(gateway: Hooked) -> None:
    """Of two equal texts whose answers were lost, a look-up may give each the other's id; from then on it is sure."""
    entry = await gateway.submitted()
    assert await gateway.sending.found(entry, "SM" + "e" * 32)
    for state in ("sent", "delivered"):
        assert (await gateway.report(entry, state)).status_code == 200
    answer = await gateway.report(entry, "undelivered", MessageSid="SM" + "e" * 32, ErrorCode="30005")

    after = await gateway.sending.outbox.entry(entry.id)
    assert answer.status_code == 403
    assert (after.state, after.delivery, after.reference) == (
        State.SENT,
        Delivery.DELIVERED,
        "SM" + "f" * 32,
    )
    assert await gateway.stops() == set()


async def test_a_report_of_what_a_look_up_found_makes_it_sure(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    assert await gateway.sending.found(entry, "SM" + "f" * 32)
    await gateway.report(entry, "sent")

    assert (await gateway.report(entry, "delivered", MessageSid="SM" + "e" * 32)).status_code == 403


async def test_a_report_whose_address_was_altered_is_refused(gateway: Hooked) -> None:
    """Signed by Twilio's token, but not named by us."""
    entry, other = await gateway.submitted(), await gateway.submitted()
    url = gateway.links.status_url(entry.id).removeprefix(PUBLIC)
    form = [("AccountSid", "AC" + "1" * 32), ("MessageSid", "SM1"), ("MessageStatus", "failed")]

    assert (await gateway.post(url.replace(entry.id, other.id), form)).status_code == 403
    assert (await gateway.post(url.replace("&k=", "&k=00"), form)).status_code == 403
    assert (await gateway.post("/hooks/twilio/status", form)).status_code == 403


async def test_another_senders_account_reports_nothing_of_it(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    answer = await gateway.report(entry, "delivered", token=STRANGE, AccountSid=OTHER_ACCOUNT)

    assert answer.status_code == 403


async def test_a_report_of_what_is_no_longer_known_is_let_go(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    key = gateway.store.shards.of(gateway.bob().key).entry(gateway.bob().key, entry.number)
    await gateway.store.client.sends.execute("DEL", key)

    assert (await gateway.report(entry, "delivered")).status_code == 200


@pytest.mark.parametrize("state", ["", "receiving", "received", "sleeping", "DELIVERED"])
async def test_a_state_that_says_nothing_changes_nothing(gateway: Hooked, state: str) -> None:
    entry = await gateway.submitted()

    assert (await gateway.report(entry, state)).status_code == 200
    assert (await gateway.sending.outbox.entry(entry.id)).delivery is None


async def test_who_stopped_it_at_twilio_stopped_it_here(gateway: Hooked) -> None:
    """With a messaging service 21610 comes by report."""
    entry = await gateway.submitted()
    await gateway.report(entry, "undelivered", ErrorCode="21610")

    assert await gateway.stops() == UNSUBSCRIBED
    assert {entry.source for entry in await gateway.entries()} == {"sms:shop"}
    assert gateway.heard == [(Channel.SMS, "shop", "service/notifications", Breaker.NONE)]


async def test_a_stop_by_report_cancels_what_waits(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    waiting = await gateway.message()
    await gateway.report(entry, "undelivered", ErrorCode="21610")

    assert (await gateway.sending.outbox.entry(waiting.id)).state is State.CANCELLED


@pytest.mark.parametrize(
    ("code", "reason"),
    [("21211", "unusable_address"), ("30005", "unusable_address"), ("30006", "undeliverable")],
)
async def test_a_number_that_takes_no_texts_gets_none(gateway: Hooked, code: str, reason: str) -> None:
    entry = await gateway.submitted()
    await gateway.report(entry, "failed", ErrorCode=code)

    assert await gateway.stops() == {("sms", "*", reason, "provider")}
    (stop,) = await gateway.entries()
    assert (stop.exact, stop.source) == (gateway.bob().exact, f"twilio:{code}")


@pytest.mark.parametrize(("code", "times"), [("30003", 3), ("30004", 2)])
async def test_what_may_pass_counts_until_it_is_taken_for_good(
    gateway: Hooked, code: str, times: int
) -> None:
    for n in range(times):
        entry = await gateway.submitted()
        for _ in range(5):  # a repeat counts once
            await gateway.report(entry, "undelivered", ErrorCode=code, MessageSid=f"SM{n:032x}")
        assert bool(await gateway.stops()) == (n == times - 1)

    assert await gateway.stops() == {("sms", "*", "undeliverable", "provider")}


async def test_calls_go_on_to_a_number_that_takes_no_texts(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    await gateway.report(entry, "failed", ErrorCode="30006")
    call = await gateway.message(Channel.VOICE, twiml="<Response/>")

    assert call.state is State.WAITING


@pytest.mark.parametrize("code", ["30007", "30034", "30002", "30008", "30001", "99999", "0", "x" * 9])
async def test_a_fault_of_the_sender_never_touches_the_recipient(gateway: Hooked, code: str) -> None:
    for n in range(4):
        entry = await gateway.submitted()
        await gateway.report(entry, "undelivered", ErrorCode=code, MessageSid=f"SM{n:032x}")

    assert await gateway.stops() == set()


async def test_the_breaker_hears_whose_fault_it_was(gateway: Hooked) -> None:
    for state, code in (
        ("undelivered", "30007"),
        ("undelivered", "30034"),
        ("undelivered", "30003"),
        ("delivered", ""),
        ("sent", ""),
    ):
        entry = await gateway.submitted()
        await gateway.report(entry, state, ErrorCode=code)

    assert [fault for *_, fault in gateway.heard] == [
        Breaker.CAMPAIGN,
        Breaker.SENDER,
        Breaker.NONE,
        Breaker.NONE,
    ]


async def test_a_report_of_another_number_says_nothing_of_this_one(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    answer = await gateway.report(entry, "failed", ErrorCode="30005", To="+12025550199")

    assert answer.status_code == 403
    assert await gateway.stops() == await gateway.stops("+12025550199") == set()


async def test_a_call_ends(gateway: Hooked) -> None:
    entry = await gateway.submitted(Channel.VOICE, twiml="<Response/>")
    for state in ("initiated", "ringing", "in-progress", "completed"):
        await gateway.report(entry, state)

    after = await gateway.sending.outbox.entry(entry.id)
    assert (after.state, after.delivery, after.content) == (State.SENT, Delivery.COMPLETED, None)


async def test_a_store_that_is_away_is_said(gateway: Hooked) -> None:
    entry = await gateway.submitted()
    await gateway.store.close()

    assert (await gateway.report(entry, "delivered")).status_code == 503
