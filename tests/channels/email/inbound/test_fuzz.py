"""Mutated and truncated mail: no exception, nothing that contradicts itself. Found cases stand as examples."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channels.email.inbound.bounce_codes import Kind
from channels.email.inbound.classify import Nature, Report, classify
from channels.email.inbound.dsn import bounces
from channels.email.inbound.html_text import html_to_text
from channels.email.inbound.quoted_text import MAX_CHARACTERS, own_words
from channels.email.inbound.received import Received, decode, header_text
from channels.email.inbound.report_parts import address_list, blocks, typed_address
from tests.channels.email.corpora import as_sent, files

LINES = [
    "From: MAILER-DAEMON", "From: a@b.example", "Return-Path: <>", "Subject: failure notice",
    "Subject: Re: x", "Auto-Submitted: auto-replied",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    "Content-Type: multipart/mixed; boundary=b", "Content-Type: message/delivery-status",
    "Content-Type: message/feedback-report", "Content-Type: message/rfc822",
    "Content-Type: text/plain; format=flowed", "Content-Type: text/html; charset=utf-16",
    "Content-Transfer-Encoding: base64", "--b", "--b--", "", "", "", "Reporting-MTA: dns; x",
    "Final-Recipient: rfc822; a@b.example", "Original-Recipient: utf-8; \\x{110000}@b", "Action: failed",
    "Action: delayed", "Status: 5.1.1", "Status: 4.", "Diagnostic-Code: smtp; 550 5.1.1 x",
    "Diagnostic-Code:", " folded", "Feedback-Type: abuse", "Version: 0.1", "Original-Rcpt-To: a@b.example",
    "X-HmXmrOriginalRecipient: a@b.example", "Message-ID: <m@x>",
    "X-Failed-Recipients: a@b.example, c@d.example", "<a@b.example>: 550 user unknown", "c@d.example:",
    "550 <a@b.example>... User unknown", "--- Below this line is a copy of the message.",
    "On x, y <a@b.example> wrote:", "> quoted", "-- ", "From: x", "Sent: y", "To: z", "<p>stop</p>",
    "<blockquote>", "&#x110000;", "=?utf-8?b?!!?=", "\x00", "\x1b$B", "ü", '{"Message": "{}"}',
    "From: x@sns.amazonaws.com",
]  # fmt: skip
LABELS = [
    None,
    b"utf-8",
    b"utf-16",
    b"utf-7",
    b"iso-2022-jp",
    b"hz",
    b"cp037",
    b"gb18030",
    b"\xff",
    b"undefined",
]
MAILS = st.lists(st.sampled_from(LINES), max_size=40).map(lambda lines: "\n".join(lines).encode())
CORPUS = files("bounces")
REAL = st.sampled_from(CORPUS) if CORPUS else st.nothing()


def holds_together(report: Report) -> None:
    assert (report.nature is Nature.BOUNCE) == bool(report.bounces)
    assert (report.nature is Nature.COMPLAINT) == (report.complaint is not None)
    assert (report.nature in (Nature.WRITTEN, Nature.AUTO_REPLY)) == (report.written is not None)
    for bounce in report.bounces:
        assert not (bounce.kind.suppresses and bounce.kind.counts)
        assert bounce.kind is not Kind.ADDRESS or not bounce.status.startswith("4")
        assert all("@" in address and "\n" not in address for address in bounce.recipients)


@given(MAILS | st.binary(max_size=400))
@example(b"From: MAILER-DAEMON\n\nFinal-Recipient: rfc822; a@b.example")
@example(b"Content-Type: multipart/mixed; boundary=b\nReturn-Path: <>\n\n--b")
def test_any_lines_are_answered(raw: bytes) -> None:
    holds_together(classify(raw))


@pytest.mark.corpus
@pytest.mark.usefixtures("corpora_here")
@given(data=st.data())
def test_mutated_real_mail_is_answered(data: st.DataObject) -> None:
    raw = bytearray(as_sent(data.draw(REAL))[:20_000])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        size = data.draw(st.integers(0, 60))
        raw[at : at + size] = data.draw(
            st.binary(max_size=20) | st.sampled_from([line.encode() for line in LINES])
        )
    holds_together(classify(bytes(raw)))


@pytest.mark.corpus
@pytest.mark.usefixtures("corpora_here")
@pytest.mark.parametrize(
    "name",
    [
        "lhost-postfix-13.eml",
        "arf-16.eml",
        "arf-24.eml",
        "dsn_11.txt",
        "lhost-mailru-03.eml",
        "rfc3464-42.eml",
        "lhost-x1-02.eml",
    ],
)
def test_mail_truncated_at_any_byte_is_answered(name: str) -> None:
    path: Path = next(path for path in CORPUS if path.name == name)
    raw = as_sent(path)
    for end in range(0, len(raw), 7):
        holds_together(classify(raw[:end]))


@given(st.text(max_size=500) | st.lists(st.sampled_from(LINES), max_size=60).map("\n".join))
def test_own_words_are_lines_of_the_text(text: str) -> None:
    kept, _ = own_words(text)

    assert len(kept) <= MAX_CHARACTERS
    squeezed = "".join(text.split())
    assert all(
        "".join(line.split()) in squeezed
        for line in kept.split("\n")
        if "\ufeff" not in text and "\u200b" not in text
    )
    assert not any(line.startswith(">") for line in kept.split("\n"))


@given(st.text(max_size=300) | st.text(alphabet="<>/!-\"'= abpqscript&;#x0", max_size=300))
def test_html_of_any_kind_becomes_text(html: str) -> None:
    assert isinstance(html_to_text(html), str)


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            None,
            b"utf-8",
            b"utf-16",
            b"utf-7",
            b"iso-2022-jp",
            b"hz",
            b"cp037",
            b"gb18030",
            b"x",
            b"\xff",
            b"undefined",
        ]
    ),
)
def test_bytes_of_any_kind_become_text(data: bytes, label: bytes | None) -> None:
    decode(data, label).encode("utf-8", "replace")
    header_text(data).encode("utf-8", "replace")


@given(st.binary(max_size=300) | MAILS)
def test_blocks_of_fields_have_names_in_lower_case(data: bytes) -> None:
    assert all(name == name.lower() for block in blocks(data) for name in block)


@given(st.text(max_size=100))
def test_addresses_have_one_at_sign_between_two_sides(text: str) -> None:
    found = [
        *address_list(text),
        *filter(None, [typed_address(text), typed_address(f"rfc822;{text}"), typed_address(f"utf-8;{text}")]),
    ]

    assert all(address.rpartition("@")[0] and address.rpartition("@")[2] for address in found)


def test_a_report_keeps_at_most_a_thousand_bounces() -> None:
    status = "".join(
        f"\nFinal-Recipient: rfc822; a{n}@b.example\nAction: failed\nStatus: 5.1.1\n" for n in range(3000)
    )
    head = (
        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nX: y\n"
    )
    raw = f"{head}{status}".encode()

    assert len(bounces(Received(raw))) == 1000
