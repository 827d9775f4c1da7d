"""The words of the person who writes, and of nobody whom they quote."""

import time

import pytest

from channels.email.inbound.classify import Nature, classify
from channels.email.inbound.quoted_text import own_words, written
from channels.email.inbound.received import Received

QUOTE = "> Big sale!\n> Click here to unsubscribe from everything.\n"


@pytest.mark.parametrize(
    "introduction",
    [
        "On Mon, 3 Mar 2025 at 10:00, The Brand <news@brand.example> wrote:",
        "On Mon, 3 Mar 2025 at 10:00, The Brand With A Long Name\n<news@brand.example> wrote:",
        "On 3 Mar 2025, at 10:00, The Brand\n<news@brand.example>\nwrote:",
        "Am 03.03.2025 um 10:00 schrieb The Brand <news@brand.example>:",
        "Am Mo., 3. März 2025 um 10:00 Uhr schrieb The Brand <\nnews@brand.example>:",
        "The Brand <news@brand.example> schrieb am Mo., 3. März 2025, 10:00:",
        "El lun, 3 mar 2025 a las 10:00, The Brand (<news@brand.example>) escribió:",
        "Le lun. 3 mars 2025 à 10:00, The Brand <news@brand.example> a écrit :",
        "सोम, 3 मार्च 2025 को 10:00 am बजे को The Brand <news@brand.example> ने लिखा:",
        "Il giorno lun 3 mar 2025 alle ore 10:00 The Brand <news@brand.example> ha scritto:",
        "Op ma 3 mrt 2025 om 10:00 schreef The Brand <news@brand.example>:",
        "The Brand <news@brand.example> wrote:",
    ],
)
def test_the_line_before_a_quote_goes_with_the_quote(introduction: str) -> None:
    text, cut = own_words(f"Where is my parcel?\n\n{introduction}\n\n{QUOTE}")

    assert text == "Where is my parcel?"
    assert cut


@pytest.mark.parametrize(
    "separator",
    [
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Message d'origine --------",
        "-----Mensaje original-----",
        "---------- Forwarded message ---------",
        "-----मूल संदेश-----",
        "Begin forwarded message:",
        "________________________________",
        "From: The Brand <news@brand.example>\nSent: Monday, March 3, 2025 10:00\nTo: Ann\nSubject: Sale",
        "Von: The Brand <news@brand.example>\nGesendet: Montag, 3. März 2025\nAn: Ann\nBetreff: Sale",
        "De : The Brand <news@brand.example>\nEnvoyé : lundi 3 mars 2025\nÀ : Ann\nObjet : Soldes",
        "De: The Brand <news@brand.example>\nEnviado el: lunes\nPara: Ann\nAsunto: Rebajas",
        "*From:* The Brand <news@brand.example>\n*Sent:* Monday\n*To:* Ann\n*Subject:* Sale",
        "-- \nAnn Example\nUnsubscribe Street 1",
        "--\nAnn",
    ],
)
def test_what_stands_below_a_separator_is_not_theirs(separator: str) -> None:
    text, cut = own_words(
        f"Please stop.\n\n{separator}\n\nBig sale! Click here to unsubscribe from everything.\n"
    )

    assert text == "Please stop."
    assert cut


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "मेरे iPhone से भेजा गया",
        "Get Outlook for iOS<https://aka.ms/x>",
    ],
)
def test_a_telephones_signature_is_nothing_that_they_say(line: str) -> None:
    assert own_words(f"stop\n\n{line}\n")[0] == "stop"


def test_words_below_a_quote_are_theirs_too() -> None:
    assert own_words(f"{QUOTE}\nNo, thank you.\n") == ("No, thank you.", True)


@pytest.mark.parametrize(
    "text",
    [
        "On Monday you wrote: never again.",
        "On Monday I was told this:\nplease delete my account",
        "I want this:\n- stop all mail\n- delete my account",
        "From: now on, stop.",
        "am I still on your list?\nHello:",
    ],
)
def test_a_sentence_that_looks_like_an_introduction_stays(text: str) -> None:
    assert own_words(text)[0] == text


def test_plain_text_stands_before_html() -> None:
    raw = (
        b"From: ann@b.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nstop\n"
        b"--b\nContent-Type: text/html\n\n<p>Stop, in HTML</p>\n--b--\n"
    )

    assert written(Received(raw)).text == "stop"


def test_html_is_read_as_it_is_shown() -> None:
    raw = (
        b"From: ann@b.example\nContent-Type: text/html; charset=utf-8\n\n"
        b"<html><head><title>t</title><style>p{}</style></head>"
        b"<body><!-- unsubscribe --><div>Please&nbsp;stop &amp; <b>delete</b><br>my account</div>"
        b"<script>unsubscribe()</script>"
        b'<div class="gmail_quote">On Mon, X wrote:<blockquote>unsubscribe</blockquote></div></body></html>'
    )
    found = written(Received(raw))

    assert found.text == "Please stop & delete\nmy account"


def test_quotes_in_html_are_cut_off() -> None:
    raw = b"Content-Type: text/html\n\n<p>Who are you?</p><blockquote><p>Unsubscribe</p>from all</blockquote><p>Ann</p>"

    assert written(Received(raw)).text == "Who are you?\n\nAnn"


def test_flowed_lines_are_joined_and_quotes_are_not() -> None:
    head = b"Content-Type: text/plain; format=flowed; delsp=no\n\n"
    raw = head + b"Please stop \nsending me \nmail.\n> unsubscribe \n> me\n-- \nAnn\n"

    assert written(Received(raw)).text == "Please stop sending me mail."


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("us-ascii", "Bitte keine Grüße".encode(), "Bitte keine Grüße"),
        ("iso-8859-1", "Bitte keine Grüße".encode(), "Bitte keine Grüße"),
        ("utf-8", "Bitte keine Grüße".encode("latin-1"), "Bitte keine Grüße"),
        ("windows-1252", "stop – now".encode("cp1252"), "stop – now"),
        ("no-such-charset", "arrêtez".encode(), "arrêtez"),
        ("utf-16", "stop".encode("utf-16"), "stop"),
        ("utf-16", b"stop", "stop"),
        ("iso-2022-jp", "停止".encode("iso2022_jp"), "停止"),
        ("koi8-r", "стоп".encode("koi8-r"), "стоп"),
        ("rot13", b"stop", "stop"),
        ("zlib", b"stop", "stop"),
        ("idna", b"stop", "stop"),
    ],
)
def test_charsets_that_lie_do_not_hide_words(label: str, data: bytes, text: str) -> None:
    assert (
        written(Received(b"Content-Type: text/plain; charset=" + label.encode() + b"\n\n" + data)).text
        == text
    )


def test_subject_sender_and_marks_are_read() -> None:
    found = written(
        Received(
            b"Return-Path: <ann@b.example>\nFrom: =?utf-8?q?J=C3=B6rg?= <joerg@b.example>\nReply-To: <me@b.example>\n"
            b"Subject: =?utf-8?b?QWJtZWxkdW5n?=\n =?utf-8*de?q?_bitte?=\nAuto-Submitted: No; x=y\n\nx"
        )
    )

    assert found.subject == "Abmeldung bitte"
    assert (found.sender, found.reply_to) == ("joerg@b.example", "me@b.example")
    assert found.auto_submitted == "no"
    assert not found.null_return_path


@pytest.mark.parametrize(
    "fields", ["From: a@b.example\nFrom: c@d.example", "From: a@b.example, c@d.example", "From: Ann", "To: x"]
)
def test_a_mail_without_exactly_one_sender_is_from_nobody(fields: str) -> None:
    assert written(Received(f"{fields}\n\nstop".encode())).sender is None


@pytest.mark.parametrize(
    "fields",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (x)",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "Subject: Automatic reply: News",
        "Subject: Out of Office: News",
        "Subject: Abwesenheitsnotiz: News",
        "Return-Path: <>",
    ],
)
def test_a_programs_answer_is_told_from_a_persons(fields: str) -> None:
    report = classify(f"From: ann@b.example\n{fields}\n\nI am away. Please unsubscribe.\n".encode())

    assert report.nature is Nature.AUTO_REPLY
    assert report.written is not None


def test_a_newsletters_precedence_makes_no_automatic_reply() -> None:
    assert classify(b"From: a@b.example\nPrecedence: bulk\nSubject: News\n\nx").nature is Nature.WRITTEN


def test_fifty_thousand_quoted_lines_are_quick() -> None:
    raw = b"From: ann@b.example\n\nstop\n" + b"> On Mon, X <x@y.example> wrote: unsubscribe\n" * 50_000
    start = time.process_time()
    found = written(Received(raw))

    assert (found.text, found.cut) == ("stop", True)
    assert time.process_time() - start < 2
