"""The opt-out mailbox: what is written there is done, goes on to its readers, and is answered only to who wrote it."""

import email
import email.policy
from email.message import EmailMessage

import pytest

from suppression.address import parse_email
from suppression.decision import Reason
from suppression.model import Channel, Scope, Suppression, Way
from suppression.records import RecordKind
from suppression.store.reviews import Review, Reviews
from tests.channels.relay.sink import Sink, Taken
from tests.gateway.inbound.reports import SPENT, block, dsn
from tests.gateway.smtp.inbound_door import AUTHSERV_ID, MAILBOX, SHOP, TEAM, InboundDoor

ANN, BOB = "ann@example.net", "bob@example.net"
PROVEN = f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from=example.net\r\n"
EMAIL = frozenset({Channel.EMAIL})
EVERYTHING, MARKETING, SERVICE, MAIL = (
    Scope(),
    Scope(purpose="marketing"),
    Scope(purpose="service"),
    Scope(EMAIL),
)


def wrote(text: str, subject: str = "Hello", head: str = "", sender: str = ANN, id: str = "w1@x") -> bytes:  # noqa: A002
    return (
        f"{head}From: Ann <{sender}>\r\nTo: {MAILBOX}\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.replace("\n", "\r\n") + "\r\n"
    ).encode()


async def entries(door: InboundDoor, address: str = ANN) -> list[Suppression]:
    facts = await door.store.facts(door.pipeline.recipient(parse_email(address)))
    return [entry for entry in facts.suppressions if entry.reason is Reason.UNSUBSCRIBED]


async def scopes(door: InboundDoor, address: str = ANN) -> set[Scope]:
    return {entry.scope for entry in await entries(door, address)}


async def reviews(door: InboundDoor) -> list[Review]:
    return (await Reviews(door.store).waiting(100))[0]


def answers(sink: Sink, to: str = ANN) -> list[Taken]:
    return [taken for taken in sink.taken if taken.to == to]


def read(taken: Taken) -> EmailMessage:
    message = email.message_from_bytes(taken.raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


CLEAR = {
    "Please unsubscribe me from your newsletter.": {MARKETING},
    "Unsubscribe me please": {MAIL},
    "I don't want any more marketing mails from you.": {MARKETING},
    "Please stop sending me service emails.": {SERVICE, MARKETING},
    "Please stop all communication with me.": {EVERYTHING},
    "Please delete my account.": {EVERYTHING},
    "Bitte löschen Sie mein Konto.": {EVERYTHING},
    "Bitte schicken Sie mir keine Werbung mehr.": {MARKETING},
}


@pytest.mark.parametrize("text", CLEAR)
async def test_clear_words_stop_what_they_say_for_who_wrote_them(door: InboundDoor, text: str) -> None:
    assert (await door.take(MAILBOX, wrote(text), ANN)).code == 250
    assert await scopes(door) == CLEAR[text]
    for entry in await entries(door):
        assert (entry.way, entry.source, entry.actor) == (Way.MAILBOX, "mailbox:brand", "recipient")
    assert await door.would(ANN) == "unsubscribed"


async def test_every_mail_goes_on_with_its_own_bytes(door: InboundDoor, sink: Sink) -> None:
    for number, text in enumerate(("Stop all communication with me.", "Where is my order?", "")):
        raw = wrote(text, id=f"{number}@x")
        assert (await door.take(MAILBOX, raw, ANN)).code == 250
        taken = [one for one in sink.taken if one.to == TEAM][-1]
        assert taken.mail_from == ANN
        assert taken.raw.startswith(b"Received: ")
        assert taken.raw.endswith(raw)


async def test_the_same_mail_again_has_no_second_effect(door: InboundDoor, sink: Sink) -> None:
    for _ in range(3):
        await door.take(MAILBOX, wrote("Unsubscribe me from marketing please.", head=PROVEN), ANN)
    assert (await door.kinds(ANN)).count("suppressed") == 1
    assert [taken.to for taken in sink.taken] == [TEAM, ANN]


async def test_a_mail_that_waits_for_the_next_hop_stops_at_once(door: InboundDoor, sink: Sink) -> None:
    sink.answer("MAIL", ["450 4.3.0 Later", "250 2.1.0 Ok"])
    raw = wrote("Please stop all communication with me.", head=PROVEN)
    assert (await door.take(MAILBOX, raw, ANN)).code == 451
    assert await scopes(door) == {EVERYTHING}
    assert sink.taken == []
    assert (await door.take(MAILBOX, raw, ANN)).code == 250
    assert [taken.to for taken in sink.taken] == [TEAM, ANN]


async def test_nothing_is_said_done_while_the_store_is_away(door: InboundDoor, sink: Sink) -> None:
    client = door.store.client
    door.go_away()
    raw = wrote("Please stop all communication with me.")
    assert (await door.take(MAILBOX, raw, ANN))[:2] == (451, "4.4.3")
    door.store.client = client
    assert (await door.take(MAILBOX, raw, ANN)).code == 250
    assert await scopes(door) == {EVERYTHING}
    assert len(sink.taken) == 1


AUTOMATIC = {
    "Auto-Submitted": "Auto-Submitted: auto-replied\r\n",
    "a mailing": "List-Unsubscribe: <https://elsewhere.example/u>\r\nList-Id: <news.elsewhere.example>\r\n",
    "bulk": "Precedence: bulk\r\n",
    "an autoresponder": "X-Autoreply: yes\r\n",
}


@pytest.mark.parametrize("head", AUTOMATIC.values(), ids=AUTOMATIC)
async def test_what_a_program_wrote_is_only_passed_on(door: InboundDoor, sink: Sink, head: str) -> None:
    assert (await door.take(MAILBOX, wrote("Please unsubscribe me.", head=head + PROVEN), ANN)).code == 250
    assert await scopes(door) == set()
    assert await reviews(door) == []
    assert [taken.to for taken in sink.taken] == [TEAM]


async def test_what_comes_from_nobody_is_only_passed_on(door: InboundDoor, sink: Sink) -> None:
    assert (await door.take(MAILBOX, wrote("Please unsubscribe me.", head=PROVEN), "")).code == 250
    assert (await door.take(MAILBOX, dsn(block(ANN), original=SPENT), "")).code == 250
    assert await scopes(door) == set()
    assert [taken.to for taken in sink.taken] == [TEAM, TEAM]


async def test_what_says_nothing_of_a_stop_is_only_passed_on(door: InboundDoor, sink: Sink) -> None:
    await door.take(MAILBOX, wrote("Where is my order? I have been waiting for a week.", head=PROVEN), ANN)
    assert await scopes(door) == set()
    assert await reviews(door) == []
    assert "received" not in await door.kinds(ANN)
    assert [taken.to for taken in sink.taken] == [TEAM]


@pytest.mark.parametrize("sender", ["", "nobody", "a@x.example, b@x.example", MAILBOX, "fbl@in.example.com"])
async def test_a_mail_of_nobody_in_particular_is_only_passed_on(
    door: InboundDoor, sink: Sink, sender: str
) -> None:
    assert (await door.take(MAILBOX, wrote("Unsubscribe me.", sender=sender), "x@y.example")).code == 250
    assert [taken.to for taken in sink.taken] == [TEAM]


# Unclear


NEWSLETTER = (
    "Great offers!\n> You get this mail since you signed up.\n> Unsubscribe me from all mails: click here\n"
)


async def test_a_question_about_a_quoted_newsletter_is_read_by_somebody(door: InboundDoor) -> None:
    """The words of a stop in it are the newsletter's."""
    text = "Hi, is the blue one still there?\n\nOn Monday, Shop wrote:\n> Offers\n> Unsubscribe me from all mail\n"
    await door.take(MAILBOX, wrote(text, "Re: Offers", head=PROVEN), ANN)
    assert await scopes(door) == set()
    (review,) = await reviews(door)
    assert (review.wrote.channel, review.wrote.suggestion["rule"]) == (Channel.EMAIL, "quoted")
    assert review.wrote.paused == Scope(EMAIL, "marketing")
    assert await door.would(ANN) == "in_review"


async def test_the_subject_of_a_reply_is_not_the_writers(door: InboundDoor) -> None:
    await door.take(MAILBOX, wrote("What does this cost?", "Re: Unsubscribe me from everything"), ANN)
    assert await scopes(door) == set()
    assert len(await reviews(door)) == 1


async def test_an_empty_reply_to_a_newsletter_is_read_by_somebody(door: InboundDoor) -> None:
    await door.take(MAILBOX, wrote("On Monday, Shop wrote:\n> Offers\n> Unsubscribe\n", "Re: Offers"), ANN)
    assert await scopes(door) == set()
    assert len(await reviews(door)) == 1


async def test_praise_above_a_quoted_newsletter_is_praise(door: InboundDoor) -> None:
    await door.take(MAILBOX, wrote("Lovely, thank you.\n\n> Offers\n> Unsubscribe\n", "Re: Offers"), ANN)
    assert await reviews(door) == []


UNCLEAR = (
    "How do I unsubscribe from your mails?",
    "If this goes on I will unsubscribe.",
    "Please correct my address.",
)


@pytest.mark.parametrize("text", UNCLEAR)
async def test_what_is_unclear_waits_for_somebody_and_marketing_with_it(door: InboundDoor, text: str) -> None:
    for _ in range(2):
        await door.take(MAILBOX, wrote(text), ANN)
    assert await scopes(door) == set()
    (review,) = await reviews(door)
    assert text in review.wrote.text
    assert review.recipient.address == parse_email(ANN)
    records = await door.store.log.of(review.recipient.key)
    (opened,) = [record for record in records if record.kind is RecordKind.REVIEW_OPENED]
    assert "@" not in repr(opened)


async def test_who_writes_of_another_address_too_is_stopped_and_read(door: InboundDoor) -> None:
    """It may be an old one of theirs; nothing is done to it without somebody who has read it."""
    await door.take(MAILBOX, wrote(f"Please unsubscribe me, also my other address {BOB}."), ANN)
    assert await scopes(door)
    assert await scopes(door, BOB) == set()
    assert len(await reviews(door)) == 1


# Who wrote it


async def test_a_forged_from_only_tightens_and_nothing_goes_back(door: InboundDoor, sink: Sink) -> None:
    """Whoever forged it learns nothing, and whom they named gets no mail."""
    forged = f"Authentication-Results: evil.example; dmarc=pass header.from=example.net\r\n{PROVEN}"
    for number, head in enumerate(("", forged, PROVEN.replace("=pass", "=fail"))):
        raw = wrote("Please stop all communication with me.", head=head, id=f"{number}@x")
        assert (await door.take(MAILBOX, raw, "evil@evil.example")).code == 250
    assert await scopes(door) == {EVERYTHING}
    assert {taken.to for taken in sink.taken} == {TEAM}


async def test_who_is_proven_to_have_written_gets_one_short_mail(door: InboundDoor, sink: Sink) -> None:
    await door.take(MAILBOX, wrote("Please unsubscribe me from your newsletter.", head=PROVEN), ANN)
    (answer,) = answers(sink)
    assert answer.mail_from == ""
    mail = read(answer)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["In-Reply-To"] == mail["References"] == "<w1@x>"
    assert mail["Subject"] == "You are unsubscribed: The Brand"
    assert mail["From"] == "The Brand <hello@example.com>"
    assert "DKIM-Signature" in mail
    assert "List-Unsubscribe" not in mail
    text = mail.get_body(("plain",))
    assert text is not None
    assert "no more advertising" in text.get_content()
    assert "http" not in text.get_content()


async def test_it_gets_that_once_a_week_at_most(door: InboundDoor, sink: Sink) -> None:
    for number, text in enumerate(
        ("Unsubscribe me from marketing.", "Please stop all communication with me.")
    ):
        await door.take(MAILBOX, wrote(text, head=PROVEN, id=f"{number}@x"), ANN)
    assert await scopes(door) == {MARKETING, EVERYTHING}
    assert len(answers(sink)) == 1


async def test_a_stop_that_was_known_is_not_answered(door: InboundDoor, sink: Sink) -> None:
    await door.take(MAILBOX, wrote("Please stop all communication with me."), ANN)
    await door.take(MAILBOX, wrote("Please stop all communication with me.", head=PROVEN, id="w2@x"), ANN)
    assert answers(sink) == []


LANGUAGES = {
    "Bitte schicken Sie mir keine Werbung mehr.": "de",
    "Por favor, no me envíen más publicidad.": "es",
    "Merci de ne plus m'envoyer de publicité.": "fr",
    "कृपया मुझे विज्ञापन भेजना बंद करें।": "hi",
}


@pytest.mark.parametrize("text", LANGUAGES)
async def test_it_is_answered_in_the_language_that_was_written(
    door: InboundDoor, sink: Sink, text: str
) -> None:
    await door.take(MAILBOX, wrote(text, "", head=PROVEN), ANN)
    assert read(answers(sink)[0])["Content-Language"] == LANGUAGES[text]


async def test_an_answer_that_cannot_leave_now_makes_the_mail_come_again(
    door: InboundDoor, sink: Sink
) -> None:
    sink.answer("MAIL", ["250 2.1.0 Ok", "450 4.3.0 Later", "250 2.1.0 Ok"])
    raw = wrote("Please stop all communication with me.", head=PROVEN)
    assert (await door.take(MAILBOX, raw, ANN)).code == 451
    assert (await door.take(MAILBOX, raw, ANN)).code == 250
    assert [taken.to for taken in sink.taken] == [TEAM, ANN]


# Deletion


async def test_delete_my_account_stops_all_and_erases_only_what_is_confirmed(
    door: InboundDoor, sink: Sink
) -> None:
    await door.take(MAILBOX, wrote("Please delete my account."), ANN)
    assert await scopes(door) == {EVERYTHING}
    assert "erased" not in await door.kinds(ANN)
    (question,) = answers(sink)
    text = read(question).get_body(("plain",))
    assert text is not None
    link = next(word for word in text.get_content().split() if "/c/" in word)
    await door.confirmations.confirm(door.links.read_confirmation(link.rpartition("/")[2]), {})
    assert "erased" in await door.kinds(ANN)


async def test_it_asks_once_however_often_it_comes(door: InboundDoor, sink: Sink) -> None:
    for number in (1, 1, 2, 3):
        await door.take(MAILBOX, wrote("Please delete my account.", id=f"{number}@x"), ANN)
    assert len(answers(sink)) == 1


async def test_what_an_erased_person_writes_is_not_kept(door: InboundDoor) -> None:
    recipient = door.pipeline.recipient(parse_email(ANN))
    await door.changes.erase(recipient, way=Way.AGENT, source="test", actor="test")
    assert (await door.take(MAILBOX, wrote("How do I unsubscribe from this?"), ANN)).code == 250
    assert await reviews(door) == []


# Bad mail


BROKEN = {
    "nothing": b"",
    "bytes": bytes(range(1, 256)).replace(b"\r", b"").replace(b"\n", b"\r\n"),
    "50,000 quoted lines": wrote("Is it still there?\n" + "> unsubscribe me\n" * 50_000, "Re: Offers"),
    "an encoded word with lines in it": wrote("Hi", "=?utf-8?Q?Stop=0D=0AAuto-Submitted:=20x?="),
    "a charset that does not exist": wrote("Unsubscribe me").replace(b"utf-8", b"x-none"),
    "base64 with garbage": wrote("####VW5zdWJzY3JpYmUgbWU=", head="Content-Transfer-Encoding: base64\r\n"),
    "a wide header": wrote("Hi", head="X-A: b\r\n" * 20_000),
    "100 mails within mails": b"From: a@example.net\r\n"
    + b"Content-Type: message/rfc822\r\n\r\n" * 100
    + b"Hi\r\n",
    "10,000 parts": b'From: a@example.net\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    + b"--b\r\n\r\nunsubscribe?\r\n" * 10_000
    + b"--b--\r\n",
    "authentication results without end": wrote(
        "Unsubscribe me", head=f"Authentication-Results: {AUTHSERV_ID}; " + 'dkim=pass ("((' * 500 + "\r\n"
    ),
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
async def test_whatever_comes_is_passed_on(door: InboundDoor, sink: Sink, raw: bytes) -> None:
    """And of no other address of ours does it break anything."""
    for to in (MAILBOX, door.back(BOB), door.links.complaints_address):
        assert (await door.take(to, raw, ANN)).code == 250
    assert [taken.to for taken in sink.taken] == [TEAM, SHOP.mail_from]
    assert await door.would(BOB) == "would_send"
