"""Texts that come in, through the real webhook with a real signature, on a real store."""

import asyncio
from datetime import timedelta

import pytest

from channels.sms.message import Text
from gateway.duties.leaving import Composer
from suppression.decision import Reason
from suppression.model import Channel, Scope, Way
from suppression.outbox import State
from suppression.records import RecordKind
from tests.gateway.http.twilio.world import (
    ADVANCED,
    BOB,
    FREE,
    SENDERS,
    SERVICE,
    SHOP,
    STRANGE,
    STRANGER,
    Hooked,
    told,
)

STOPPED = {
    ("sms", "*", "unsubscribed", "sms"),
    ("voice", "marketing", "unsubscribed", "sms"),
    ("voice", "service", "unsubscribed", "sms"),
}
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
PAUSED = ("sms,voice", "marketing", "in_review", "sms")


async def test_stop_is_stored_before_twilio_is_answered(gateway: Hooked) -> None:
    answer = await gateway.text("STOP")

    assert (answer.status_code, answer.text) == (200, EMPTY)
    assert answer.headers["content-type"].startswith("text/xml")
    assert await gateway.stops() == STOPPED
    assert {entry.source for entry in await gateway.entries()} == {"sms:shop"}


@pytest.mark.parametrize(
    "words",
    [
        *("STOP", "stop.", "Unsubscribe", "CANCEL", "opt out", "please don't text me again", "wrong number"),
        *("ALTO", "no más mensajes por favor", "ARRET", "arrêtez de m'envoyer des messages"),
        *("Stopp bitte", "keine SMS mehr bitte", "बंद करो", "मुझे मैसेज मत भेजो"),
    ],
)
async def test_a_stop_is_understood_in_five_languages(gateway: Hooked, words: str) -> None:
    await gateway.text(words)

    assert await gateway.stops() == STOPPED


@pytest.mark.parametrize(
    ("words", "stopped"),
    [
        ("no more ads", {("*", "marketing", "unsubscribed", "sms")}),
        ("stop all contact with me", {("*", "*", "unsubscribed", "sms")}),
    ],
)
async def test_what_is_said_to_stop_stops(gateway: Hooked, words: str, stopped: set[tuple[str, ...]]) -> None:
    await gateway.text(words)

    assert await gateway.stops() == stopped


async def test_who_wants_all_deleted_is_stopped_at_once_and_somebody_reads_it(gateway: Hooked) -> None:
    await gateway.text("delete my data")

    assert await gateway.stops() == {("*", "*", "unsubscribed", "sms"), PAUSED}


async def test_a_text_to_a_service_is_to_its_sender(gateway: Hooked) -> None:
    await gateway.text("STOP", to="+12025550999", MessagingServiceSid=SERVICE)

    assert {entry.source for entry in await gateway.entries()} == {"sms:advanced"}


async def test_a_stop_to_a_number_that_settings_do_not_have_is_a_stop(gateway: Hooked) -> None:
    await gateway.text("STOP", to="+12025550999")

    assert await gateway.stops() == STOPPED
    assert {entry.source for entry in await gateway.entries()} == {"sms:"}
    assert await gateway.answers() == []


async def test_an_account_speaks_for_its_own_numbers_only(gateway: Hooked) -> None:
    answer = await gateway.text("START", to=SHOP, token=STRANGE, AccountSid="AC" + "2" * 32)

    assert answer.status_code == 403
    assert (await gateway.text("STOP", to=STRANGER, token=STRANGE)).status_code == 200


async def test_what_waits_is_cancelled_by_the_stop(gateway: Hooked) -> None:
    entry = await gateway.message()
    await gateway.text("STOP")

    assert (await gateway.sending.outbox.entry(entry.id)).state is State.CANCELLED


async def test_a_stop_while_a_text_is_leased_keeps_it_from_leaving(gateway: Hooked) -> None:
    entry = await gateway.message()
    shard = gateway.store.shards.of(entry.recipient.key).number
    (leased,) = await gateway.sending.outbox.claim(shard, 10, 30)
    await gateway.text("STOP")

    assert await gateway.sending.submit(leased, 30) is None
    assert (await gateway.sending.outbox.entry(entry.id)).state is State.CANCELLED


async def test_texts_that_are_required_still_go(gateway: Hooked) -> None:
    await gateway.text("STOP")
    entry = await gateway.message(purpose="transactional/security")

    assert entry.state is State.WAITING


class TestConfirmation:
    """The one text after a stop: only where Twilio sent none."""

    async def test_twilio_answers_its_own_words_by_default(self, gateway: Hooked) -> None:
        for word in ("STOP", "stop ", "Unsubscribe", "HELP"):
            await gateway.text(word)

        assert await gateway.answers() == []

    async def test_free_text_is_confirmed_by_us(self, gateway: Hooked) -> None:
        await gateway.text("please don't text me again")

        ((purpose, text),) = await gateway.answers()
        assert purpose == "system/stop-confirmation"
        assert (
            text
            == "The Shop: You have opted out and will get no more texts from this number. Help: +12025550199"
        )

    async def test_it_is_in_the_language_of_the_stop(self, gateway: Hooked) -> None:
        await gateway.text("keine SMS mehr bitte", to=FREE)

        ((_, text),) = await gateway.answers()
        assert text.startswith("Free & Easy: Sie sind abgemeldet")

    async def test_where_twilio_does_nothing_we_answer_always(self, gateway: Hooked) -> None:
        await gateway.text("STOP", to=FREE)

        assert [purpose for purpose, _ in await gateway.answers()] == ["system/stop-confirmation"]

    async def test_what_twilio_says_it_took_is_answered(self, gateway: Hooked) -> None:
        await gateway.text("STOP", to=ADVANCED, OptOutType="STOP")
        await gateway.text("halt ein", to=ADVANCED, OptOutType="STOP", From="+12025550144")

        assert await gateway.answers() == await gateway.answers("+12025550144") == []
        assert await gateway.stops("+12025550144") == STOPPED

    async def test_what_it_did_not_take_is_answered_by_us(self, gateway: Hooked) -> None:
        await gateway.text("no more texts please", to=ADVANCED)

        assert len(await gateway.answers()) == 1

    async def test_it_goes_once_however_often_twilio_says_it(self, gateway: Hooked) -> None:
        answers = await asyncio.gather(*(gateway.text("STOP", to=FREE, sid="SM1") for _ in range(10)))

        assert {answer.status_code for answer in answers} == {200}
        assert len(await gateway.answers()) == 1

    async def test_it_goes_once_for_one_stop(self, gateway: Hooked) -> None:
        """Who says it twice hears it once."""
        await gateway.text("STOP", to=FREE)
        await gateway.text("STOP", to=FREE)

        assert len(await gateway.answers()) == 1

    async def test_a_stop_after_a_start_is_confirmed_anew(self, gateway: Hooked) -> None:
        for word in ("STOP", "START", "STOP"):
            await gateway.text(word, to=FREE)

        assert len(await gateway.answers()) == 2

    async def test_it_leaves_in_spite_of_the_stop(self, gateway: Hooked) -> None:
        await gateway.text("STOP", to=FREE)
        shard = gateway.store.shards.of(gateway.bob().key).number
        (leased,) = await gateway.sending.outbox.claim(shard, 10, 30)

        permit = await gateway.sending.submit(leased, 30)
        assert permit is not None
        assert permit.address.text == BOB

    async def test_after_five_minutes_it_does_not(self, gateway: Hooked) -> None:
        await gateway.text("STOP", to=FREE)
        await gateway.store.set_clock(gateway.store.now() + timedelta(minutes=5, seconds=1))
        shard = gateway.store.shards.of(gateway.bob().key).number
        (leased,) = await gateway.sending.outbox.claim(shard, 10, 30)

        assert await gateway.sending.submit(leased, 30) is None
        assert (await gateway.sending.outbox.entry(leased.id)).state is State.CANCELLED

    async def test_a_repeat_after_five_minutes_confirms_nothing(self, gateway: Hooked) -> None:
        """The gateway was killed between the stop and its confirmation, and Twilio came back late."""
        await gateway.text("no more texts please", to=SHOP, sid="SM1")
        (waiting,) = await gateway.sending.outbox.waiting(gateway.bob())
        await gateway.sending.outbox.cancel(waiting.id, actor="test", reason="as if never put")
        await gateway.store.client.sends.execute(
            "DEL", gateway.store.shards.of(gateway.bob().key).entry(gateway.bob().key, waiting.number)
        )
        await gateway.store.set_clock(gateway.store.now() + timedelta(minutes=6))
        await gateway.text("no more texts please", to=SHOP, sid="SM1")

        assert await gateway.answers() == []

    async def test_a_start_before_it_left_keeps_it(self, gateway: Hooked) -> None:
        await gateway.text("STOP", to=FREE)
        await gateway.text("START", to=FREE)
        shard = gateway.store.shards.of(gateway.bob().key).number
        (leased,) = await gateway.sending.outbox.claim(shard, 10, 30)

        assert await gateway.sending.submit(leased, 30) is None

    async def test_nothing_is_confirmed_to_a_number_that_its_carrier_blocks(self, gateway: Hooked) -> None:
        entry = await gateway.submitted()
        await gateway.report(entry, "undelivered", ErrorCode="21610")
        await gateway.text("STOP", to=FREE)

        assert await gateway.answers() == []

    async def test_it_comes_from_the_number_that_was_written_to(self, gateway: Hooked) -> None:
        await gateway.text("STOP", to=FREE)
        (entry,) = await gateway.sending.outbox.waiting(gateway.bob())

        assert entry.content is not None
        assert entry.content["from"] == FREE
        text = Composer(SENDERS, gateway.links.hook_url).compose(entry)
        assert isinstance(text, Text)
        assert text.from_number == FREE


class TestStart:
    async def test_it_ends_what_was_said_to_that_sender(self, gateway: Hooked) -> None:
        await gateway.text("STOP")
        await gateway.text("START")

        assert await gateway.stops() == set()

    async def test_it_ends_nothing_that_was_said_to_another(self, gateway: Hooked) -> None:
        await gateway.text("STOP")
        await gateway.text("STOP", to=FREE)
        await gateway.text("START")

        assert {entry.source for entry in await gateway.entries()} == {"sms:free"}
        assert await gateway.stops() == STOPPED

    async def test_it_ends_nothing_that_came_another_way(self, gateway: Hooked) -> None:
        await gateway.ways.replies._changes.suppress(
            gateway.bob(),
            Scope(frozenset({Channel.SMS})),
            reason=Reason.UNSUBSCRIBED,
            way=Way.AGENT,
            source="sms:shop",
            actor="agent",
        )
        await gateway.text("START")

        assert await gateway.stops() == {("sms", "*", "unsubscribed", "agent")}

    async def test_it_ends_a_block_of_the_carriers(self, gateway: Hooked) -> None:
        entry = await gateway.submitted()
        await gateway.report(entry, "undelivered", ErrorCode="21610")
        assert {told(entry)[3] for entry in await gateway.entries()} == {"provider"}
        await gateway.text("START")

        assert await gateway.stops() == set()

    async def test_it_is_no_consent(self, gateway: Hooked) -> None:
        await gateway.text("START")
        facts = await gateway.store.facts(gateway.bob())

        assert facts.consents == ()
        assert [record.kind for record in await gateway.records()] == [RecordKind.RECEIVED]

    async def test_a_repeat_does_not_end_a_stop_that_came_after_it(self, gateway: Hooked) -> None:
        await gateway.text("STOP")
        await gateway.text("START", sid="SMstart")
        await gateway.text("STOP")
        await gateway.text("START", sid="SMstart")

        assert await gateway.stops() == STOPPED

    async def test_twilios_word_starts_nothing_that_we_read_as_a_stop(self, gateway: Hooked) -> None:
        await gateway.text("STOP", to=ADVANCED, OptOutType="START")

        assert await gateway.stops() == STOPPED


class TestHelp:
    async def test_it_is_answered_with_name_and_phone(self, gateway: Hooked) -> None:
        await gateway.text("HELP", to=FREE)

        ((purpose, text),) = await gateway.answers()
        assert purpose == "system/help"
        assert text.startswith("Free & Easy: Reply STOP")

    async def test_it_is_answered_after_a_stop_and_changes_nothing(self, gateway: Hooked) -> None:
        await gateway.text("STOP", to=FREE)
        await gateway.text("HELP", to=FREE)

        assert await gateway.stops() == STOPPED
        assert [purpose for purpose, _ in await gateway.answers()] == [
            "system/stop-confirmation",
            "system/help",
        ]

    async def test_it_is_answered_once_a_minute(self, gateway: Hooked) -> None:
        await gateway.store.set_clock(gateway.store.now().replace(second=1, microsecond=0))
        for _ in range(5):
            await gateway.text("HELP", to=FREE)
        assert len(await gateway.answers()) == 1

        await gateway.store.set_clock(gateway.store.now() + timedelta(seconds=61))
        await gateway.text("HELP", to=FREE)
        assert len(await gateway.answers()) == 2


class TestUnclear:
    async def test_it_pauses_marketing_until_somebody_has_read_it(self, gateway: Hooked) -> None:
        await gateway.text("how do I stop this?")

        assert await gateway.stops() == {PAUSED}
        assert [record.kind for record in await gateway.records()] == [
            RecordKind.SUPPRESSED,
            RecordKind.REVIEW_OPENED,
        ]

    async def test_it_is_read_once(self, gateway: Hooked) -> None:
        for _ in range(3):
            await gateway.text("how do I stop this?", sid="SM1")

        assert len(await gateway.entries()) == 1

    async def test_of_the_erased_nothing_is_kept(self, gateway: Hooked) -> None:
        await gateway.ways.replies._changes.erase(gateway.bob(), way=Way.AGENT, source="api", actor="agent")
        answer = await gateway.text("how do I stop this?")

        assert answer.status_code == 200
        assert await gateway.stops() == {("*", "*", "erased", "agent")}


async def test_what_is_no_request_is_logged_without_its_words(gateway: Hooked) -> None:
    await gateway.text("thanks, see you on Friday")

    assert await gateway.stops() == set()
    (record,) = await gateway.records()
    assert record.kind is RecordKind.RECEIVED
    assert record.details["verdict"] == "none"
    assert "Friday" not in str(record)


@pytest.mark.parametrize("writer", ["12345", "TheBank", "", "anonymous", "not a number"])
async def test_a_text_of_nobody_whom_we_could_write_to_is_let_go(gateway: Hooked, writer: str) -> None:
    assert (await gateway.text("STOP", From=writer)).status_code == 200


async def test_a_stop_by_another_of_twilios_channels_is_one(gateway: Hooked) -> None:
    await gateway.text("STOP", From=f"rcs:{BOB}", to=f"rcs:{SHOP}")

    assert await gateway.stops() == STOPPED


async def test_a_stop_that_cannot_be_stored_is_not_answered_with_success(gateway: Hooked) -> None:
    await gateway.store.close()
    answer = await gateway.text("STOP")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Response" not in answer.text
