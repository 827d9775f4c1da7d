"""Copies as a recipient gets them: fields on top, text added, all else as it came."""

import pytest

from channels.email.compose import Original
from tests.channels.email.byte_checks import header_and_rest, name_of
from tests.channels.email.samples import (
    HTML,
    LINK,
    PAGE,
    RECEIVED,
    body_of,
    given_way_out,
    mail,
    multipart,
    part,
    text_mail,
    texts,
    ways,
)


def test_plain_text_gets_link_name_and_postal_address_at_its_end() -> None:
    copy = given_way_out(mail(b"Hello\r\n"))
    text = body_of(copy.raw).decode()

    assert text.startswith("Hello\r\n\r\n")
    assert text.index(PAGE) < text.index("Brand Ltd") < text.index("1 Main Street, Springfield")
    assert text.endswith("\r\n")
    assert copy.body_touched
    assert copy.visible_way_out


def test_html_gets_its_footer_before_the_end_of_the_body() -> None:
    copy = given_way_out(text_mail(HTML + b"\r\n", b"text/html"))
    before, _, after = body_of(copy.raw).partition(b"\r\n<div ")

    assert before == b"<html><body><p>Hello</p>"
    assert after.endswith(b"</div>\r\n</body></html>\r\n")
    assert b'<a href="' + LINK + b'"' in after


def test_our_fields_stand_on_top_below_received() -> None:
    fields, _ = header_and_rest(given_way_out(mail(b"Hello\r\n")).raw)

    assert [name_of(field) for field in fields[:5]] == [
        "received", "list-unsubscribe", "list-unsubscribe-post", "list-id", "from",
    ]  # fmt: skip


def test_list_fields_that_came_are_replaced_and_a_list_id_is_kept() -> None:
    raw = mail(
        b"x\r\n", b"List-Unsubscribe: <https://old.example/>,\r\n <mailto:old@example.net>",
        b"LIST-UNSUBSCRIBE-POST : x", b"List-Id: <mine.example.com>", b"List-unsubscribe: again",
    )  # fmt: skip
    copy = given_way_out(raw).raw

    assert b"old" not in copy
    assert copy.lower().count(b"list-unsubscribe:") == 1
    assert copy.lower().count(b"list-unsubscribe-post") == 1
    assert copy.count(b"List-Id:") == 1


def test_without_a_way_out_only_lines_on_top_and_listed_removals() -> None:
    raw = mail(
        b"x\r\n", b"X-Gateway-Purpose: transactional/orders", b"Bcc: eve@example.net,\r\n joe@example.net",
        b"List-Unsubscribe: <https://own.example/>", b"Resent-Bcc: x@example.net", b"x-GATEWAY-anything : 1",
    )  # fmt: skip

    assert Original.parse(raw).untouched(RECEIVED).raw == RECEIVED + mail(
        b"x\r\n", b"List-Unsubscribe: <https://own.example/>"
    )


@pytest.mark.parametrize(
    ("raw", "expected_end"),
    [
        (b"", b"Springfield\r\n"),
        (b"\r\n", b"Springfield\r\n"),
        (b"Subject: x\r\n", b"Springfield\r\n"),
        (b"Subject: x", b"Springfield\r\n"),
        (b"Subject: x\r\n\r\n", b"Springfield\r\n"),
        (b"\r\nno header\r\n", b"Springfield\r\n"),
        (b"no field\r\n\r\nbody\r\n", b"Springfield\r\n"),
    ],
)
def test_messages_without_header_or_body(raw: bytes, expected_end: bytes) -> None:
    """Our fields are a header block of their own, then an empty line, then text."""
    copy = given_way_out(raw, ways(sender_name="B"))
    top, _, text = copy.raw.partition(b"\r\n\r\n")

    assert top.startswith(RECEIVED + b"List-Unsubscribe: <")
    assert LINK in text
    assert text.endswith(expected_end)
    assert copy.header + copy.separator + b"".join(copy.body) == copy.raw
    assert copy.separator == b"\r\n"


def test_a_part_without_an_empty_line_gets_one() -> None:
    raw = mail(
        b"--b1\r\nContent-Type: text/plain\r\n--b1--\r\n", b"Content-Type: multipart/mixed; boundary=b1"
    )

    assert PAGE in texts(given_way_out(raw).raw)[0]


def test_a_first_line_that_continues_nothing_cannot_extend_our_fields() -> None:
    raw = b" , <https://evil.example/>\r\n" + mail(b"x\r\n")
    header = given_way_out(raw).header

    assert header.index(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Id: ") > 0
    assert RECEIVED + b" , <https://evil.example/>\r\n" in header


def test_our_fields_go_above_lines_that_are_no_fields() -> None:
    raw = b"From ann Mon Jan 1 00:00:00 2026\r\nno field\r\n" + mail(b"x\r\n")

    assert given_way_out(raw).raw.startswith(RECEIVED + b"List-Unsubscribe: <")


def test_no_closing_boundary() -> None:
    raw = multipart(part(b"Hello", b"text/plain"))[: -len(b"--b1--\r\n")]

    assert PAGE in texts(given_way_out(raw).raw)[0]


def test_signatures_that_we_broke_are_taken_out_and_the_others_stay() -> None:
    """A signature holds as long as neither its body nor a field that it signed has changed."""

    def signature(signed: bytes) -> bytes:
        return b"DKIM-Signature: v=1; d=esp.example; h=" + signed + b"; bh=x; b=x"

    fields = [
        signature(b"From:Subject"),
        signature(b"From:List-\r\n Unsubscribe"),
        signature(b"From : list-id"),
        signature(b"From:bcc"),
    ]
    raw = mail(b"x\r\n", *fields, b"Bcc: a@example.net")
    kept = [field in given_way_out(raw, ways(footer=False)).raw for field in fields]

    assert kept == [True, False, False, False]
    assert b"DKIM-Signature" not in given_way_out(raw).raw
    assert [field in Original.parse(raw).untouched(RECEIVED).raw for field in fields] == [
        True,
        True,
        True,
        False,
    ]
    assert Original.parse(raw).untouched(RECEIVED).signature_domains == {"esp.example"}


def test_names_and_addresses_of_settings_cannot_break_out() -> None:
    way = ways(
        sender_name="<script>\r\n\r\n--b1\r\nX",
        postal_address="\u2028From A\x00\x1b[2J",
        list_title="A\r\nBcc: x",
    )
    raw = multipart(part(b"Hello", b"text/plain"), part(HTML, b"text/html"))
    copy = given_way_out(raw, way).raw

    assert len(texts(copy)) == 2
    assert b"<script>" not in copy.partition(b"text/html")[2]
    assert b"\nBcc:" not in copy
    assert b"\x00" not in copy
    assert b"\x1b" not in copy


def test_each_copy_of_one_original_has_its_own_link() -> None:
    original = Original.parse(multipart(part(b"Hello", b"text/plain"), part(HTML, b"text/html")))
    copies = [
        original.with_way_out(ways(page_url=f"https://mail.example/u/{n:020}"), RECEIVED).raw
        for n in range(3)
    ]

    assert [[copy.count(b"/u/%020d" % n) for n in range(3)] for copy in copies] == [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
    ]


def test_text_that_some_readers_take_for_header_fields_is_not_edited() -> None:
    """The first part stands before the empty line: a reader that goes on there would show our footer as fields."""
    raw = mail(
        b"more\r\n--b1--\r\n",
        b"Content-Type: multipart/mixed; boundary=b1",
        b"--b1",
        b"X: {{unsubscribe_url}}",
    )
    broken = raw.replace(b"--b1\r\n", b"--b1\r\n--b1\r\nX: 1\r\ntext {{unsubscribe_url}}\r\n", 1)
    copy = given_way_out(broken)

    assert not copy.visible_way_out
    assert body_of(copy.raw) == body_of(broken)
    assert LINK not in copy.raw
