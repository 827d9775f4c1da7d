"""Complaints: which stop what, and what proves whose mail they are about."""

import base64

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from structlog.testing import capture_logs

from suppression.address import parse_email
from suppression.decision import Reason
from suppression.model import Suppression, Way
from suppression.store.store import Store
from tests.channels.relay.sink import Sink
from tests.gateway.inbound.reports import SPENT, Proof, arf, with_feedback_id, with_link, with_mailto
from tests.gateway.smtp.front_door import relay_to
from tests.gateway.smtp.inbound_door import DOMAIN, MAILBOX, InboundDoor

ANN, BOB = "ann@example.net", "bob@example.net"
FBL = f"fbl@{DOMAIN}"
KEY = rsa.generate_private_key(65537, 2048)
RECORDS = [
    b"",
    b"v=DKIM1; p=",
    b"v=DKIM2; p=AAAA",
    b"p=!!!",
    b"\xff",
    b"k=ed25519; p=AAAA",
    b"v=DKIM1; k=rsa; p=AAAA",
]


async def stops(door: InboundDoor, address: str = ANN) -> tuple[Suppression, ...]:
    return (await door.store.facts(door.pipeline.recipient(parse_email(address)))).suppressions


def signed(
    raw: bytes, domain: str = "provider.example", include: tuple[bytes, ...] = (b"from", b"subject")
) -> bytes:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return bytes(dkim.sign(raw, b"s1", domain.encode(), pem, include_headers=include)) + raw


def publish(door: InboundDoor, domain: str = "provider.example") -> None:
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    door.dns[f"s1._domainkey.{domain}"] = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@pytest.mark.parametrize("kind", ["abuse", "fraud", "ABUSE", "Fraud; x=1"])
@pytest.mark.parametrize("version", ["0.1", "1", "1.0"])
@pytest.mark.parametrize("proof", [with_link, with_mailto])
async def test_a_complaint_stops_marketing_and_service_by_mail(
    door: InboundDoor, kind: str, version: str, proof: Proof
) -> None:
    """Its recipient redacted: the link in what it returns tells whose it is."""
    assert (await door.take(FBL, arf(proof(door, ANN), kind, ["redacted@"], version))).code == 250
    (entry,) = await stops(door)
    assert (entry.reason, entry.way) == (Reason.COMPLAINED, Way.PROVIDER)
    assert await door.would(ANN) == "complained"
    assert await door.would(ANN, "service/account") == "complained"
    assert await door.would(ANN, "transactional/orders") == "would_send"


@pytest.mark.parametrize("kind", ["opt-out", "opt-out-list"])
async def test_an_opt_out_by_a_provider_is_an_unsubscribe(door: InboundDoor, kind: str) -> None:
    await door.take(FBL, arf(with_link(door, ANN), kind))
    assert {entry.reason for entry in await stops(door)} == {Reason.UNSUBSCRIBED}
    assert await door.would(ANN) == "unsubscribed"


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", "dmarc", "other", "nonsense", ""])
async def test_what_is_no_complaint_stops_nothing(door: InboundDoor, kind: str) -> None:
    assert (await door.take(FBL, arf(with_link(door, ANN), kind, [ANN]))).code == 250
    assert await stops(door) == ()


async def test_other_feedback_is_a_complaint_where_settings_say_so(store: Store, sink: Sink) -> None:
    async with InboundDoor(store, relay_to(sink.port), other=True).open() as door:
        await door.take(FBL, arf(with_link(door, ANN), "other"))
        await door.take(FBL, arf(with_link(door, BOB), "virus"))
        assert {entry.reason for entry in await stops(door)} == {Reason.COMPLAINED}
        assert await stops(door, BOB) == ()


async def test_the_same_complaint_again_has_no_second_effect(door: InboundDoor) -> None:
    raw = arf(with_link(door, ANN))
    for _ in range(3):
        await door.take(FBL, raw)
    assert (await door.kinds(ANN)).count("suppressed") == 1


async def test_a_digest_of_several_recipients_stops_the_tokens_only(door: InboundDoor) -> None:
    await door.take(FBL, arf(with_link(door, ANN), to=[BOB, "carl@example.net", ANN]))
    assert await stops(door, BOB) == () == await stops(door, "carl@example.net")
    assert len(await stops(door)) == 1


# Forged


async def test_a_forged_complaint_changes_nothing(door: InboundDoor) -> None:
    """Names, Message-IDs and altered tokens prove nothing, signed or not."""
    publish(door)
    altered = with_link(door, ANN).replace(b"/u/", b"/u/A")
    foreign = SPENT + b"List-Unsubscribe: <https://elsewhere.example/u/" + b"A" * 54 + b">\r\n"
    no_token = SPENT + b"CFBL-Feedback-ID: " + b"a" * 64 + b"\r\n"
    for number, original in enumerate((SPENT, b"", altered, foreign, no_token)):
        raw = arf(original, to=[ANN], id=f"{number}@x")
        for each in (raw, signed(raw)):
            assert (await door.take(FBL, each)).code == 250
    assert await stops(door) == ()


async def test_a_token_for_one_is_no_complaint_of_another(door: InboundDoor) -> None:
    await door.take(FBL, arf(with_link(door, BOB), to=[ANN]))
    assert await stops(door) == ()
    assert [entry.reason for entry in await stops(door, BOB)] == [Reason.COMPLAINED]


async def test_two_tokens_that_contradict_each_other_prove_nothing(door: InboundDoor) -> None:
    await door.take(FBL, arf(with_link(door, BOB, with_feedback_id(door, ANN))))
    assert await stops(door) == () == await stops(door, BOB)


async def test_nothing_of_a_complaint_is_logged_that_names_somebody(door: InboundDoor) -> None:
    with capture_logs() as logs:
        await door.take(FBL, arf(with_link(door, ANN), to=[ANN], id="1@x"))
        await door.take(FBL, arf(SPENT, to=[ANN], id="2@x"))
    assert logs
    assert "@" not in repr(logs)


# A feedback id alone: RFC 9477


async def test_with_a_feedback_id_alone_the_report_must_be_signed(door: InboundDoor) -> None:
    publish(door)
    raw = arf(with_feedback_id(door, ANN), to=["redacted@"])
    assert (await door.take(FBL, raw)).code == 250
    assert await stops(door) == ()
    assert (await door.take(FBL, signed(raw))).code == 250
    assert [entry.reason for entry in await stops(door)] == [Reason.COMPLAINED]


async def test_a_signature_of_a_parent_domain_is_the_authors(door: InboundDoor) -> None:
    publish(door)
    raw = arf(with_feedback_id(door, ANN)).replace(b"<fbl@provider", b"<fbl@mail.provider")
    await door.take(FBL, signed(raw))
    assert len(await stops(door)) == 1


async def test_a_signature_that_does_not_hold_proves_nothing(door: InboundDoor) -> None:
    """Altered, of another domain, over another From, or with a key that is not there."""
    publish(door)
    publish(door, "evil.example")
    raw = arf(with_feedback_id(door, ANN))
    whole = signed(raw)
    two_from = whole.replace(b"From: <fbl@", b"From: <evil@evil.example>\r\nFrom: <fbl@")
    of_part = whole.replace(b"DKIM-Signature: v=1;", b"DKIM-Signature: v=1; l=0;")
    for each in (
        whole.replace(b"A complaint.", b"A Complaint."),
        signed(raw, "evil.example"),
        two_from,
        of_part,
    ):
        assert (await door.take(FBL, each)).code == 250
    door.dns.clear()
    assert (await door.take(FBL, whole)).code == 250
    assert await stops(door) == ()


@pytest.mark.parametrize("record", RECORDS)
async def test_a_key_record_that_is_none_proves_nothing(door: InboundDoor, record: bytes) -> None:
    door.dns["s1._domainkey.provider.example"] = record
    assert (await door.take(FBL, signed(arf(with_feedback_id(door, ANN))))).code == 250
    assert await stops(door) == ()


async def test_another_signature_on_top_does_not_hide_the_authors(door: InboundDoor) -> None:
    publish(door)
    publish(door, "relay.example")
    await door.take(FBL, signed(signed(arf(with_feedback_id(door, ANN))), "relay.example"))
    assert len(await stops(door)) == 1


async def test_while_no_key_can_be_looked_up_it_is_to_be_sent_again(door: InboundDoor) -> None:
    publish(door)
    raw = signed(arf(with_feedback_id(door, ANN)))
    door.dns_away = True
    assert (await door.take(FBL, raw))[:2] == (451, "4.4.3")
    assert await stops(door) == ()
    door.dns_away = False
    assert (await door.take(FBL, raw)).code == 250
    assert len(await stops(door)) == 1


async def test_an_unsigned_report_needs_no_look_up(door: InboundDoor) -> None:
    door.dns_away = True
    assert (await door.take(FBL, arf(with_feedback_id(door, ANN)))).code == 250
    assert (await door.take(FBL, arf(with_link(door, ANN)))).code == 250


# Where else it comes


async def test_a_complaint_in_the_mailbox_counts_and_goes_on(door: InboundDoor, sink: Sink) -> None:
    await door.take(MAILBOX, arf(with_link(door, ANN)), "fbl@provider.example")
    assert len(await stops(door)) == 1
    assert len(sink.taken) == 1


async def test_microsofts_form_is_a_complaint(door: InboundDoor) -> None:
    """No ARF: the mail itself, and who complained in a field of its own."""
    original = b"X-HmXmrOriginalRecipient: redacted\r\n" + with_link(door, ANN)
    raw = (
        b"From: staff@hotmail.com\r\nSubject: complaint about message from 192.0.2.1\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
        + original
        + b"\r\nText\r\n--b--\r\n"
    )
    await door.take(FBL, raw)
    assert [entry.source for entry in await stops(door)] == ["jmrp:abuse"]


async def test_what_comes_to_the_complaints_address_and_is_none_is_taken_and_nothing(
    door: InboundDoor, sink: Sink
) -> None:
    for raw in (
        b"Subject: unsubscribe\r\nFrom: ann@example.net\r\n\r\nStop everything\r\n",
        b"",
        b"\r\n\xff",
    ):
        assert (await door.take(FBL, raw, ANN)).code == 250
    assert await stops(door) == ()
    assert sink.taken == []
