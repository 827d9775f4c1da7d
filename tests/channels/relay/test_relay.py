"""One copy over the wire: what the hop is told, and what each of its ways to answer comes to."""

import asyncio
import time

import pytest

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from channels.email.mail import Mail
from channels.email.smtp_relay import wire_form
from suppression.store.permit import LIFETIME, PermitExpired
from tests.channels.relay.conftest import Relaying, mail, permit, send
from tests.channels.relay.sink import Script, Sink


async def test_sent_mail_has_the_words_and_the_queue_id(sink: Sink, relaying: Relaying) -> None:
    """Sent(text, reference)."""
    assert Sent("Ok: queued as 4F2A77B1", "4F2A77B1") == await send(relaying(sink))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"MAIL": "550 5.7.1 Not you"}, Rejected(550, "5.7.1", "Not you")),
        ({"RCPT": "550 5.1.1 <ann@example.net> unknown"}, Rejected(550, "5.1.1", "[address] unknown")),
        ({"RCPT": "450 4.2.0 Greylisted"}, Postponed(450, "4.2.0", "Greylisted")),
        ({"RCPT": "252 2.0.0 Perhaps"}, Postponed(451, "4.5.0", "next hop's reply was out of step")),
        ({"DATA": "554 5.7.1 No"}, Rejected(554, "5.7.1", "No")),
        ({"DATA": "451 4.3.0 Later"}, Postponed(451, "4.3.0", "Later")),
        ({"DATA": "250 2.0.0 Ok"}, Postponed(451, "4.5.0", "next hop's reply was out of step")),
        ({"END": "554 5.6.0 Spam"}, Rejected(554, "5.6.0", "Spam")),
        ({"END": "452 4.3.1 Full"}, Postponed(452, "4.3.1", "Full")),
        ({"END": "354 Go on"}, Unknown("next hop's reply was out of step")),
        ({"MAIL": "421 4.3.2 Closing <close>"}, Postponed(421, "4.3.2", "Closing")),
        ({"RCPT": "421 4.3.2 Closing <close>"}, Postponed(421, "4.3.2", "Closing")),
        ({"END": "421 4.3.2 Closing <close>"}, Postponed(421, "4.3.2", "Closing")),
        ({"MAIL": "<close>"}, Postponed(451, "4.4.2", "connection to next hop lost")),
        ({"RCPT": "<close>"}, Postponed(451, "4.4.2", "connection to next hop lost")),
        ({"DATA": "<close>"}, Postponed(451, "4.4.2", "connection to next hop lost")),
        ({"DATA": "<kill>"}, Postponed(451, "4.4.2", "connection to next hop lost")),
        ({"DATA": "hello"}, Postponed(451, "4.4.2", "connection to next hop lost")),
        ({"END": "<close>"}, Unknown("connection to next hop lost")),
        ({"END": "<kill>"}, Unknown("connection to next hop lost")),
        ({"END": "25"}, Unknown("next hop's reply was out of step")),
    ],
)  # fmt: skip
async def test_answer_of_the_hop_becomes_an_outcome(
    script: dict[str, Script], expected: Outcome, relaying: Relaying
) -> None:
    """Before the final dot a lost connection postpones; after it nobody knows."""
    async with Sink(script) as sink:
        assert expected == await send(relaying(sink))


@pytest.mark.parametrize(
    ("step", "kind"), [("MAIL", Postponed), ("RCPT", Postponed), ("DATA", Postponed), ("END", Unknown)]
)
async def test_hop_that_hangs_is_left(step: str, kind: type[Outcome], relaying: Relaying) -> None:
    """Within the time that settings give it."""
    async with Sink({step: "<hang>"}) as sink:
        carriers = relaying(sink, command_timeout=0.2, final_timeout=0.2)

        assert isinstance(await send(carriers), kind)


async def test_hop_that_closes_after_its_250_has_the_mail(relaying: Relaying) -> None:
    """Sent; the next copy goes over a new connection."""
    async with Sink({"END": "250 2.0.0 Ok <close>"}) as sink:
        carriers = relaying(sink)

        assert isinstance(await send(carriers), Sent)
        assert isinstance(await send(carriers), Sent)
        assert sink.connections == 2


async def test_connection_is_good_for_the_next_copy_after_a_refusal(relaying: Relaying) -> None:
    """RSET ends the transaction that was begun."""
    async with Sink(rcpt={"bad@example.net": "550 5.1.1 no"}) as sink:
        carriers = relaying(sink)
        await send(carriers, to="bad@example.net")

        assert isinstance(await send(carriers), Sent)
        assert sink.connections == 1
        assert "RSET" in sink.commands


async def test_used_connection_that_turns_out_dead_is_replaced(relaying: Relaying) -> None:
    """Nothing was said on it: the copy is not postponed for that."""
    async with Sink({"MAIL": ["250 2.1.0 Ok", "<close>", "250 2.1.0 Ok"]}) as sink:
        carriers = relaying(sink)
        await send(carriers)

        assert isinstance(await send(carriers), Sent)
        assert sink.connections == 2


async def test_expired_permit_leaves_nothing_and_a_clean_connection(relaying: Relaying) -> None:
    """MAIL and RCPT took too long: RSET, no DATA, and the same connection serves the next permit."""
    async with Sink(delay={"RCPT": 0.1}) as sink:
        carriers = relaying(sink)
        async with carriers.ready() as carrier:
            late = permit()
            late._born = time.monotonic() - LIFETIME + 0.05
            with pytest.raises(PermitExpired):
                await carrier.send(mail(), late)
            assert sink.commands[-1] == "RSET"
            assert isinstance(await carrier.send(mail(), permit()), Sent)

        assert len(sink.taken) == 1
        assert sink.connections == 1


@pytest.mark.parametrize(
    "raw",
    [
        b".\r\n",
        b"..\r\n.\r\n",
        b"a\r\n.\r\nb",
        b"",
        b"\r\n",
        b"no end",
        b".x\r\n\r\n..y\r\n",
        b"a\r\n.",
        b"x" * 100_000,
    ],
)
async def test_content_arrives_as_it_is(raw: bytes, sink: Sink, relaying: Relaying) -> None:
    """Dots at the start of a line are stuffed and come off again; a last line end is added."""
    await send(relaying(sink), mail(raw))

    ended = raw if raw.endswith(b"\r\n") or not raw else raw + b"\r\n"
    assert sink.taken[0].raw == (ended or b"\r\n")


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\r.\r", b"\r.\n", b"\n.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\r\n\0.\r\n",
     b"\r\n.\0\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n"],
)  # fmt: skip
async def test_what_others_may_take_for_an_end_never_leaves(
    end: bytes, sink: Sink, relaying: Relaying
) -> None:
    """FAULTS.md "SMTP": nothing after it can become a second message at the next hop."""
    smuggled = b"a" + end + b"MAIL FROM:<eve@example.org>\r\n"

    assert await send(relaying(sink), mail(smuggled)) == Rejected(
        554, "5.6.0", "message has bare CR, LF or NUL"
    )
    assert not sink.commands or not any(command.startswith("DATA") for command in sink.commands)


def test_dot_line_alone_is_stuffed() -> None:
    """CRLF.CRLF inside is no end."""
    assert wire_form(b"a\r\n.\r\nb\r\n") == b"a\r\n..\r\nb\r\n"


async def test_control_characters_in_the_envelope_never_leave(sink: Sink, relaying: Relaying) -> None:
    """FAULTS.md "SMTP": CRLF in the envelope would be a command of its own."""
    with pytest.raises(ValueError, match="control character"):
        await send(relaying(sink), mail(mail_from="a@b>\r\nRCPT TO:<eve@example.org"))

    assert sink.commands == ["EHLO localhost"]


EIGHT = b"Subject: x\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"
PLAIN = "250-sink.example\r\n250 HELP"


@pytest.mark.parametrize(
    ("message", "to", "offers", "options"),
    [
        (mail(), "ann@example.net", None, "SIZE=24"),
        (mail(EIGHT), "ann@example.net", None, "BODY=8BITMIME SIZE=23"),
        (mail(b"Subject: \xc3\xbc\r\n\r\n", "a@example.com", "SMTPUTF8"), "ann@example.net", None,
         "SMTPUTF8 BODY=8BITMIME SIZE=15"),
        (mail(b"Subject: x\r\n\r\n", "a@example.com", "SMTPUTF8"), "ann@example.net", None, "SIZE=14"),
        (mail(b"Subject: x\r\n\r\n"), "jürgen@example.net", None, "SMTPUTF8 SIZE=14"),
        (mail(), "ann@example.net", PLAIN, ""),
        (mail(EIGHT), "ann@example.net", PLAIN, Rejected(554, "5.6.3", "next hop does not take 8-bit content")),
        (mail(), "jürgen@example.net", PLAIN,
         Rejected(553, "5.6.7", "next hop does not take internationalised mail")),
        (mail(b"Subject: \xc3\xbc\r\n\r\n", "a@example.com", "SMTPUTF8"), "ann@example.net", PLAIN,
         Rejected(553, "5.6.7", "next hop does not take internationalised mail")),
    ],
)  # fmt: skip
async def test_options_are_those_that_the_hop_offers_and_the_message_needs(
    message: Mail, to: str, offers: str | None, options: str | Rejected, relaying: Relaying
) -> None:
    """What the hop lacks and the message needs refuses it for good."""
    async with Sink({"EHLO": offers} if offers else {}) as sink:
        outcome = await send(relaying(sink), message, to)

        if isinstance(options, Rejected):
            assert options == outcome
            assert sink.taken == []
        else:
            assert isinstance(outcome, Sent)
            assert options == sink.taken[0].options


async def test_null_sender_is_passed_on(sink: Sink, relaying: Relaying) -> None:
    """MAIL FROM:<>."""
    await send(relaying(sink), mail(mail_from=""))

    assert "MAIL FROM:<> SIZE=24" in sink.commands


async def test_hop_that_dies_in_the_middle_of_large_content_has_nothing(relaying: Relaying) -> None:
    """The final dot had not been written: postponed, not unknown."""
    async with Sink({"DATA": "354 Go on <hang>"}) as sink:
        carriers = relaying(sink, content_timeout=0.5)
        sending = asyncio.create_task(send(carriers, mail(b"x" * 50_000_000)))
        await sink.event("DATA").wait()

        assert isinstance(await sending, Postponed)
