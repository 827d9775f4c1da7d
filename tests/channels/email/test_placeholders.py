"""Placeholders are filled where they stand; a text that has the link gets no second one."""

import binascii
from base64 import b64encode

import pytest

from tests.channels.email.samples import (
    HTML,
    LINK,
    PAGE,
    WAYS,
    body_of,
    given_way_out,
    mail,
    multipart,
    part,
    text_mail,
    texts,
    ways,
)


def test_header_only_purposes_get_no_footer_but_filled_placeholders() -> None:
    copy = given_way_out(mail(b"Hello\r\n"), ways(footer=False))
    filled = given_way_out(mail(b"{{unsubscribe_url}}\r\n"), ways(footer=False))

    assert body_of(copy.raw) == b"Hello\r\n"
    assert (copy.body_touched, copy.visible_way_out) == (False, False)
    assert body_of(filled.raw) == LINK + b"\r\n"
    assert filled.visible_way_out


@pytest.mark.parametrize("mark", [b"{{unsubscribe_url}}", b"%%unsubscribe_url%%", b"{{ unsubscribe_url }}"])
def test_a_placeholder_takes_the_place_of_the_footer(mark: bytes) -> None:
    copy = given_way_out(text_mail(b"<body><a href='" + mark + b"'>stop</a></body>\r\n", b"text/html"))

    assert body_of(copy.raw) == b"<body><a href='" + LINK + b"'>stop</a></body>\r\n"
    assert copy.visible_way_out


def test_all_placeholders_are_filled_in_every_text_that_is_shown() -> None:
    raw = multipart(
        part(b"{{preferences_url}} {{postal_address}}", b"text/plain"),
        part(b"<p>%%postal_address%% {{unsubscribe_url}}</p>", b"text/html"),
        part(b"{{unsubscribe_url}}", b"text/plain"),
        part(b"{{unsubscribe_url}}", b"text/plain", b"Content-Disposition: attachment"),
        kind=b"mixed",
    )
    first, html, last, attached = texts(given_way_out(raw, ways(postal_address="A & B\n<Street>")).raw)

    assert first.startswith(WAYS.preferences_url + " A & B <Street>\n")
    assert PAGE in first
    assert html == f"<p>A &amp; B &lt;Street&gt; {PAGE}</p>"
    assert last == PAGE
    assert attached == "{{unsubscribe_url}}"


def test_a_placeholder_that_no_reader_sees_is_no_way_out() -> None:
    copy = given_way_out(text_mail(b"<body><!-- {{unsubscribe_url}} -->x</body>\r\n", b"text/html"))

    assert body_of(copy.raw).count(LINK) == 2


@pytest.mark.parametrize("transfer", [b"quoted-printable", b"base64"])
def test_placeholders_are_found_in_what_is_decoded(transfer: bytes) -> None:
    text = b"<body>" + b"x" * 60 + b" <a href='{{unsubscribe_url}}'>Gr\xc3\xbc\xc3\x9fe</a></body>"
    coded = b64encode(text) if transfer == b"base64" else binascii.b2a_qp(text).replace(b"\n", b"\r\n")
    coded = coded.replace(b"{{unsub", b"{=7Bun=\r\nsub")
    raw = multipart(part(coded, b"text/html; charset=utf-8", b"Content-Transfer-Encoding: " + transfer))

    assert texts(given_way_out(raw).raw) == [text.replace(b"{{unsubscribe_url}}", LINK).decode()]


def test_relaying_twice_adds_nothing_twice() -> None:
    raw = multipart(part(b"Hello", b"text/plain"), part(HTML, b"text/html"))
    once = given_way_out(raw)
    twice = given_way_out(once.raw, ways(header_url="https://mail.example/u/otherotherother"))

    assert body_of(twice.raw) == body_of(once.raw)
    assert not twice.body_touched
    assert twice.visible_way_out
    assert twice.raw.count(b"List-Unsubscribe:") == twice.raw.count(b"List-Id:") == 1
    assert b"otherotherother" in twice.raw


def test_text_that_only_names_the_links_host_is_no_way_out() -> None:
    copy = given_way_out(mail(b"see https://mail.example/u/ for more\r\n"))

    assert LINK in body_of(copy.raw)


def test_a_thousand_placeholders_of_a_part_are_filled() -> None:
    copy = given_way_out(mail(b"{{unsubscribe_url}}\r\n" * 1_200)).raw

    assert copy.count(LINK) == 1_000
    assert copy.count(b"{{unsubscribe_url}}") == 200


@pytest.mark.parametrize("other", [b"https://mail.example/u/0123456789abcdef", LINK + b"x"])
def test_a_link_of_another_reader_is_no_way_out_for_this_one(other: bytes) -> None:
    """A delivered mail as the text of the next: whoever clicked there would stop the mail of its first reader."""
    copy = given_way_out(mail(b"stop: " + other + b"\r\n"))

    assert copy.body_touched
    assert body_of(copy.raw).count(LINK + b"\r\n") == 1


def test_placeholders_in_many_broken_lines_are_all_found() -> None:
    """More than can be guessed from what follows them: the encoded lines are walked."""
    coded = b"=7B{unsub=\r\nscribe_url}=7D, \r\n" * 40
    raw = text_mail(coded, b"text/plain", b"quoted-printable")

    assert texts(given_way_out(raw).raw) == [f"{PAGE}, \n" * 40]
