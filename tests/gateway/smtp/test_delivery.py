"""One message to N recipients: each copy decided and handed over, one reply, reports of what failed."""

import asyncio
import re
from dataclasses import replace
from email import message_from_bytes
from email.message import Message

import pytest

from gateway.roads.changes import Changes
from gateway.roads.pipeline import Ask, Pipeline, Refused
from suppression.address import parse_email
from suppression.decision import Reason
from suppression.model import Scope, Way
from suppression.store.hand_over import HandOver, InProgress, Settled
from suppression.store.permit import LIFETIME, Permit
from suppression.store.store import Store
from tests.channels.relay.sink import Sink
from tests.gateway.smtp.front_door import FrontDoor, order, relay_to, until

ANN, BOB, CID = "ann@example.net", "bob@example.net", "cid@example.net"
WEEK = 6 * 86_400_000  # more than 30 min, less than the 7 days


def promotion(message_id: str = "p1@example.com") -> bytes:
    return (
        b"From: news@example.com\r\nSubject: Sale\r\nMessage-ID: <%s>\r\n\r\nBuy.\r\n" % message_id.encode()
    )


def reports(sink: Sink) -> list[Message]:
    return [message_from_bytes(taken.raw) for taken in sink.taken if taken.mail_from == ""]


def machine_part(report: Message) -> dict[str, str]:
    """The fields about the recipient in a report's second part."""
    machine = next(part for part in report.walk() if part.get_content_type() == "message/delivery-status")
    return {str(name): str(value) for block in machine.walk() for name, value in block.items()}


async def longest_marker(store: Store) -> int:
    """Milliseconds that the longest-lived key with a time limit has."""
    keys = await store.client.sends.execute("KEYS", "*")
    return max([int(await store.client.sends.execute("PTTL", key)) for key in keys])


async def test_order_reaches_the_next_hop_and_the_reply_has_its_words(door: FrontDoor, sink: Sink) -> None:
    """250 2.0.0 <message id> <next hop's text>; the log knows every step."""
    async with door.talk("shop") as client:
        reply = await client.mail([ANN], order())

    assert re.fullmatch(r"250 2\.0\.0 \w+ Ok: queued as 4F2A77B1", reply), reply
    assert [taken.to for taken in sink.taken] == [ANN]
    assert await door.kinds(ANN) == ["handing_over", "sent"]
    assert [record.kind for record in await door.store.log.history(reply.split()[2])]


async def test_several_copies_have_one_id_that_leads_to_all(door: FrontDoor, sink: Sink) -> None:
    """Equal addresses get one copy."""
    async with door.talk("shop") as client:
        reply = await client.mail([ANN, BOB, "ANN@example.net"], order())

    assert re.fullmatch(r"250 2\.0\.0 \w+ Ok: queued as 4F2A77B1", reply), reply
    assert sorted(taken.to for taken in sink.taken) == [ANN, BOB]
    assert len(await door.store.log.message(reply.split()[2])) == 2


async def test_refusals_after_data_are_reported_when_a_copy_left(door: FrontDoor, sink: Sink) -> None:
    """250, and an RFC 3464 report from <> to MAIL FROM for the copy that a rule refused."""
    await door.consent(ANN)
    async with door.talk("news") as client:
        reply = await client.mail([ANN, BOB], promotion(), "bounces@example.com")

    assert reply.startswith("250 2.0.0")
    assert [(taken.mail_from, taken.to) for taken in sink.taken] == [
        ("bounces@example.com", ANN), ("", "bounces@example.com"),
    ]  # fmt: skip
    report = reports(sink)[0]
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert report["Auto-Submitted"] == "auto-replied"
    fields = machine_part(report)
    assert fields["Final-Recipient"] == f"rfc822; {BOB}"
    assert (fields["Action"], fields["Status"]) == ("failed", "5.7.1")
    assert re.fullmatch(r"smtp; 550 5\.7\.1 no_consent \w+", fields["Diagnostic-Code"])
    assert fields["Reporting-MTA"] == "dns; gw.example"
    assert "Message-ID: <p1@example.com>" in report.as_string()


async def test_each_copy_that_the_hop_rejects_is_reported_with_its_words(store: Store) -> None:
    """One report for every copy, never with another recipient in it."""
    rejections = {BOB: "550 5.1.1 No such user", CID: "552 5.2.2 Full"}
    async with Sink(rcpt=rejections) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as client:
            reply = await client.mail([ANN, BOB, CID], order())

        assert reply.startswith("250 2.0.0")
        found = {machine_part(report)["Final-Recipient"]: report for report in reports(sink)}
        assert set(found) == {f"rfc822; {BOB}", f"rfc822; {CID}"}
        fields = machine_part(found[f"rfc822; {CID}"])
        assert (fields["Status"], fields["Diagnostic-Code"]) == ("5.2.2", "smtp; 552 5.2.2 Full")
        assert BOB not in found[f"rfc822; {CID}"].as_string()


async def test_null_sender_is_sent_no_report(store: Store) -> None:
    """Its one copy's fate is the reply."""
    async with Sink(rcpt={ANN: "550 5.1.1 No"}) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as client:
            reply = await client.mail([ANN], order(), "")

        assert reply == "550 5.1.1 No"
        assert sink.taken == []


async def test_all_rejected_is_the_hops_own_answer_and_may_be_tried_on_purpose(store: Store) -> None:
    """Told no for good, the same message again is a new one."""
    async with Sink(rcpt={ANN: "550 5.1.1 No"}) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as client:
            assert await client.mail([ANN], order()) == "550 5.1.1 No"
            sink.rcpt.clear()
            assert (await client.mail([ANN], order())).startswith("250")

        assert len(sink.taken) == 1


async def test_postponed_copy_makes_all_come_again_and_nothing_goes_twice(store: Store) -> None:
    """451; the resend sends what was missing only, and its markers live 7 days."""
    rcpt = {BOB: "450 4.2.1 Greylisted", CID: "550 5.1.1 No"}
    async with Sink(rcpt=rcpt) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as client:
            first = await client.mail([ANN, BOB, CID], order())
            assert first == "451 4.2.1 Greylisted"
            assert await longest_marker(store) > WEEK
            assert reports(sink) == []

            del rcpt[BOB]
            second = await client.mail([ANN, BOB, CID], order())
            third = await client.mail([ANN, BOB, CID], order())

        assert second.startswith("250 2.0.0")
        assert third.split()[2] == second.split()[2]
        assert sorted(taken.to for taken in sink.taken) == [ANN, BOB, "shop@example.com"]
        assert await door.kinds(CID) == ["handing_over", "rejected"]


async def test_lost_answer_is_unknown_and_the_resend_goes_again(store: Store) -> None:
    """Promise 4: the one case in which a mail may go twice, and the log says so."""
    async with (
        Sink({"END": ["<close>", "250 2.0.0 Ok"]}) as sink,
        FrontDoor(store, relay_to(sink.port)).open() as door,
    ):
        async with door.talk("shop") as client:
            assert (await client.mail([ANN], order())).startswith("451 4.4.2")
            assert (await client.mail([ANN], order())).startswith("250 2.0.0")

        recipient = door.pipeline.recipient(parse_email(ANN))
        records = list(reversed(await store.log.of(recipient.key)))
        assert [record.kind.value for record in records] == [
            "handing_over",
            "unknown",
            "handing_over",
            "sent",
        ]
        assert [record.duplicate for record in records] == [False, False, True, False]


async def test_hop_that_is_down_means_no_commit(store: Store) -> None:
    """451 4.4.1, and the log has no hand-over that never began."""
    async with Sink() as sink:
        port = sink.port
    async with FrontDoor(store, relay_to(port)).open() as door, door.talk("shop") as client:
        assert (await client.mail([ANN], order())).startswith("451 4.4.1")
        assert await door.kinds(ANN) == []


async def test_store_that_goes_away_after_the_hops_250_changes_nothing(store: Store) -> None:
    """The hop has the mail: 250 (the record ends as unknown)."""
    async with Sink(delay={"END": 0.2}) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as client:
            await client.envelope([ANN])
            sending = asyncio.create_task(client.content(order()))
            await sink.event("END").wait()
            door.go_away()

            assert (await sending).startswith("250 2.0.0")
        assert len(sink.taken) == 1


async def test_stop_during_a_slow_data_is_kept(door: FrontDoor, sink: Sink) -> None:
    """Promise 2: RCPT let it pass, the commit does not."""
    async with door.talk("shop") as client:
        await client.envelope([ANN])
        await client.say("DATA")
        client.write(order()[:20])
        await door.stop(ANN)
        reply = await client.final(order()[20:])

    assert reply.startswith("550 5.7.1 unsubscribed ")
    assert sink.taken == []


async def test_resend_while_the_first_try_is_relayed_waits(store: Store) -> None:
    """451 4.3.0 for the second, 250 for the first, one copy."""
    async with Sink(delay={"END": 0.3}) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as first, door.talk("shop") as second:
            sending = asyncio.create_task(first.mail([ANN], order()))
            await sink.event("END").wait()

            assert (await second.mail([ANN], order())).startswith("451 4.3.0")
            assert (await sending).startswith("250")
        assert len(sink.taken) == 1


@pytest.mark.parametrize("raw", [order(), order().replace(b"Message-ID: <1@example.com>\r\n", b"")])
async def test_client_that_vanishes_before_its_reply_cancels_nothing(store: Store, raw: bytes) -> None:
    """FAULTS.md, aiosmtpd 2: the copy is sent and logged; its resend is known for 7 days, if it can be known."""
    async with Sink(delay={"END": 0.2}) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as client:
            await client.envelope([ANN])
            await client.say("DATA")
            client.write(raw + b".\r\n")
            await sink.event("END").wait()
            client.abort()

        async def settled() -> bool:
            known = b"Message-ID" not in raw or await longest_marker(store) > WEEK
            return known and await door.kinds(ANN) == ["handing_over", "sent"]

        await until(settled)

        async with door.talk("shop") as again:
            assert (await again.mail([ANN], raw)).startswith("250")
        assert len(sink.taken) == (1 if b"Message-ID" in raw else 2)


async def test_client_that_only_stopped_sending_still_gets_its_reply(door: FrontDoor, sink: Sink) -> None:
    """A half-close is no hang-up: a script that pipes a dialogue into the port hears all answers."""
    async with door.talk("shop") as client:
        client.write(b"MAIL FROM:<shop@example.com>\r\nRCPT TO:<ann@example.net>\r\nDATA\r\n")
        client.write(order() + b".\r\n")
        client.writer.write_eof()

        assert [(await client.reply())[:3] for _ in range(4)] == ["250", "250", "354", "250"]
    assert len(sink.taken) == 1


async def test_report_that_cannot_leave_makes_the_message_come_again(store: Store) -> None:
    """No failure goes unreported: the resend finds the copies settled and sends the report, once."""
    rcpt = {BOB: "550 5.1.1 No", "shop@example.com": "450 4.2.1 Later"}
    async with Sink(rcpt=rcpt) as sink, FrontDoor(store, relay_to(sink.port)).open() as door:
        async with door.talk("shop") as client:
            assert await client.mail([ANN, BOB], order()) == "451 4.2.1 Later"
            del rcpt["shop@example.com"]
            assert (await client.mail([ANN, BOB], order())).startswith("250")
            assert (await client.mail([ANN, BOB], order())).startswith("250")

        assert [taken.to for taken in sink.taken] == [ANN, "shop@example.com"]


@pytest.mark.parametrize(
    "limit", [{"copies_seconds": -1.0}, {"copies_bytes": 2 * len(order()), "copies_at_once": 1}]
)
async def test_what_is_too_much_for_one_go_is_left_for_the_next(
    store: Store, limit: dict[str, float]
) -> None:
    """451, and every try gets further (none, when there is no time at all)."""
    recipients = [f"r{number}@example.net" for number in range(5)]
    async with Sink() as sink:
        door = FrontDoor(store, relay_to(sink.port))
        door = FrontDoor(store, relay_to(sink.port), limits=replace(door.limits, **limit))  # type: ignore[arg-type]
        async with door.open(), door.talk("shop") as client:
            answers = [(await client.mail(recipients, order()))[:9] for _ in range(3)]

        if "copies_bytes" in limit:
            assert answers == ["451 4.3.1", "451 4.3.1", "250 2.0.0"]
            assert sorted(taken.to for taken in sink.taken) == recipients
        else:
            assert answers == ["451 4.4.7"] * 3
            assert sink.taken == []


class LatePipeline(Pipeline):
    """Its first permits come so late that they are too old."""

    late = 1

    async def permit(self, ask: Ask, hand_over: HandOver) -> Permit | Refused | InProgress | Settled:
        answer = await super().permit(ask, hand_over)
        if isinstance(answer, Permit) and self.late > 0:
            self.late -= 1
            answer._born -= LIFETIME
        return answer


@pytest.mark.parametrize(("late", "code"), [(1, "250"), (9, "451")])
async def test_permit_too_old_is_committed_anew(store: Store, sink: Sink, late: int, code: str) -> None:
    """Nothing was handed over on it; after three of them the app is told to try again."""
    door = FrontDoor(store, relay_to(sink.port))
    door.pipeline.__class__ = LatePipeline
    assert isinstance(door.pipeline, LatePipeline)
    door.pipeline.late = late
    async with door.open(), door.talk("shop") as client:
        assert (await client.mail([ANN], order()))[:3] == code

    kinds = await door.kinds(ANN)
    assert kinds[:3] == ["handing_over", "postponed", "handing_over"]
    assert len(sink.taken) == (1 if code == "250" else 0)


class HalfBrokenPipeline(Pipeline):
    """Fails for one recipient."""

    async def permit(self, ask: Ask, hand_over: HandOver) -> Permit | Refused | InProgress | Settled:
        if ask.address.text == BOB:
            raise RuntimeError("told to")
        return await super().permit(ask, hand_over)


async def test_fault_of_ours_in_one_copy_leaves_the_others_known(store: Store, sink: Sink) -> None:
    """451; once it is mended the resend sends the missing copy only."""
    door = FrontDoor(store, relay_to(sink.port))
    door.pipeline.__class__ = HalfBrokenPipeline
    async with door.open(), door.talk("shop") as client:
        assert (await client.mail([ANN, BOB, CID], order())).startswith("451 4.3.0")
        assert await longest_marker(store) > WEEK
        door.pipeline.__class__ = Pipeline
        assert (await client.mail([ANN, BOB, CID], order())).startswith("250")

    assert sorted(taken.to for taken in sink.taken) == [ANN, BOB, CID]


async def test_copies_with_links_are_each_their_own(door: FrontDoor, sink: Sink) -> None:
    """Each recipient's copy has a link of its own, under a signature of its own."""
    await door.consent(ANN)
    await door.consent(BOB)
    async with door.talk("shop+marketing/promotions") as client:
        await client.mail([ANN, BOB], promotion(), "news@example.com")

    links = {
        taken.to: re.findall(rb"https://gw\.example/u/[\w-]{54}", taken.raw.replace(b"=\r\n", b""))
        for taken in sink.taken
    }
    assert len(links[ANN]) >= 2
    assert not set(links[ANN]) & set(links[BOB])


async def test_thousand_recipients_are_taken_a_hundred_at_a_time(door: FrontDoor, sink: Sink) -> None:
    """452 4.5.3 for the rest, in one pipelined breath."""
    async with door.talk("shop") as client:
        lines = [f"RCPT TO:<r{number}@example.net>\r\n".encode() for number in range(1000)]
        client.write(b"MAIL FROM:<shop@example.com>\r\n" + b"".join(lines))
        replies = [await client.reply() for _ in range(1001)]
        reply = await client.content(order())

    assert [text[:9] for text in replies].count("452 4.5.3") == 900
    assert reply.startswith("250 2.0.0 ")
    assert len(sink.taken) == 100


async def test_header_injection_does_not_come_through(door: FrontDoor, sink: Sink) -> None:
    """Through HELO, message key, purpose, legal notice: no line of ours holds a line of theirs."""
    async with door.talk("shop") as client:
        assert (await client.say("EHLO x\tBcc:eve@example.org")).startswith("500")
        assert (await client.say("EHLO evil(comment)")).startswith("501")
        raw = (
            b"From: shop@example.com\r\nX-Gateway-Message-Key: k\r\n Bcc: eve@example.org\r\n"
            b"X-Gateway-Legal-Notice: n\r\n\tX: y\r\nMessage-ID: <m@example.com>\r\n\r\nHi\r\n"
        )
        assert (await client.mail([ANN], raw)).startswith("250")
        await client.say("EHLO again.example")
        folded = b"X-Gateway-Purpose: transactional/orders\r\n Bcc: eve@example.org\r\n"
        bad = b"From: shop@example.com\r\n" + folded + b"\r\nHi\r\n"
        assert (await client.mail([ANN], bad)) == "550 5.7.1 Unknown purpose"

    assert b"eve@example.org" not in sink.taken[0].raw


@pytest.mark.parametrize(
    "mark", [b"Auto-Submitted: auto-replied\r\n", b"Content-Type: multipart/report; boundary=x\r\n"]
)
async def test_a_mail_marked_as_automatic_does_not_pass_a_stop_of_everything(
    door: FrontDoor, sink: Sink, mark: bytes
) -> None:
    """Anybody can mark a mail so: it needs no consent, and no more than that."""
    await Changes(door.store).suppress(
        door.store.keyring.recipient(parse_email(BOB)),
        Scope(),
        reason=Reason.UNSUBSCRIBED,
        way=Way.LINK,
        source="test",
        actor="recipient",
    )
    async with door.talk("news") as client:
        taken = await client.mail([ANN], mark + promotion("auto1@example.com"), "bounces@example.com")
        refused = await client.mail([BOB], mark + promotion("auto2@example.com"), "bounces@example.com")

    assert taken.startswith("250 2.0.0")
    assert refused.startswith("550 5.7.1 unsubscribed")
    assert [mail.to for mail in sink.taken] == [ANN]
