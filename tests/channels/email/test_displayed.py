"""Which parts get a footer, and which are never touched."""

import pytest

from tests.channels.email.samples import (
    HTML,
    PAGE,
    body_of,
    given_way_out,
    joined,
    mail,
    multipart,
    part,
    texts,
)


def test_an_alternative_gets_a_footer_in_both_of_its_texts() -> None:
    raw = multipart(part(b"Hello", b"text/plain"), part(HTML, b"text/html"))
    plain, html = texts(given_way_out(raw).raw)

    assert plain.startswith("Hello\n")
    assert PAGE in plain
    assert PAGE in html


@pytest.mark.parametrize(
    "attached",
    [
        part(b"text", b"text/plain", b"Content-Disposition: attachment"),
        part(HTML, b"text/html", b"Content-Disposition: attachment; filename=a.html"),
        part(HTML, b'text/html; name="a.html"', b"Content-Disposition: inline"),
        part(b"text", b"text/plain", b"Content-Disposition: unheard-of"),
        part(b"Subject: x\r\n\r\nforwarded", b"message/rfc822"),
        part(b"BEGIN:VCALENDAR", b"text/calendar"),
        part(b"\x00\x01", b"application/octet-stream"),
        part(joined(part(b"signed", b"text/plain"), boundary=b"s"), b"multipart/signed; boundary=s"),
        part(joined(part(b"report", b"text/plain"), boundary=b"s"), b"multipart/report; boundary=s"),
        part(joined(b"\r\nSubject: x\r\n\r\ny", boundary=b"s"), b"multipart/digest; boundary=s"),
    ],
)
def test_attachments_and_closed_parts_are_never_touched(attached: bytes) -> None:
    alone = multipart(attached, kind=b"mixed")
    beside = multipart(part(b"Hello", b"text/plain"), attached, kind=b"mixed")

    assert body_of(given_way_out(alone).raw) == body_of(alone)
    assert not given_way_out(alone).visible_way_out
    copy = given_way_out(beside)
    assert copy.raw.endswith(b"\r\n--b1\r\n" + attached + b"\r\n--b1--\r\n")
    assert copy.visible_way_out


@pytest.mark.parametrize(
    "media",
    [
        b"multipart/signed; boundary=b1; micalg=pgp-sha256",
        b"multipart/encrypted; boundary=b1",
        b"application/pkcs7-mime; smime-type=signed-data",
        b"multipart/mixed",
        b"nonsense",
        b"message/rfc822",
        b"message/global",
        b"text/calendar",
        b"image/png",
    ],
)
def test_messages_that_must_not_be_touched_get_headers_only(media: bytes) -> None:
    raw = mail(joined(part(b"x", b"text/plain"), boundary=b"b1"), b"Content-Type: " + media)
    copy = given_way_out(raw)

    assert body_of(copy.raw) == body_of(raw)
    assert b"\r\nList-Unsubscribe: <" in copy.raw
    assert (copy.body_touched, copy.visible_way_out) == (False, False)


@pytest.mark.parametrize("kind", [b"MESSAGE", b"SIGNED MESSAGE"])
def test_inline_pgp_is_not_touched(kind: bytes) -> None:
    raw = mail(b"-----BEGIN PGP " + kind + b"-----\r\n\r\nabc\r\n-----END PGP MESSAGE-----\r\n")

    assert body_of(given_way_out(raw).raw) == body_of(raw)


def test_only_the_root_of_related_parts_is_shown() -> None:
    related = joined(
        part(b"other", b"text/html"), part(HTML, b"text/html", b"Content-ID: <r>"), boundary=b"r"
    )
    raw = multipart(part(related, b'multipart/related; boundary=r; start="<r>"'), kind=b"mixed")
    other, root = texts(given_way_out(raw).raw)

    assert PAGE not in other
    assert PAGE in root


def test_the_first_plain_text_and_the_first_html_get_the_footer() -> None:
    raw = multipart(
        part(b"one", b"text/plain"), part(HTML, b"text/html"), part(b"two", b"text/plain"), part(HTML, b"text/html"),
        kind=b"mixed",
    )  # fmt: skip

    assert [PAGE in text for text in texts(given_way_out(raw).raw)] == [True, True, False, False]


def test_html_that_cannot_be_given_a_link_makes_the_way_out_invisible() -> None:
    """The reader sees the HTML: a link in the plain text beside it is not enough."""
    raw = multipart(
        part(b"Hello", b"text/plain"), part(HTML, b"text/html", b"Content-Transfer-Encoding: x-unknown")
    )

    assert not given_way_out(raw).visible_way_out
