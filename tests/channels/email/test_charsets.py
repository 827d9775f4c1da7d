"""Charsets: searched for ASCII, written to, doubted."""

import pytest

from channels.email.charsets import Family, charset, readable, to_ascii


@pytest.mark.parametrize(
    ("label", "codec", "family"),
    [
        (None, "ascii", Family.ASCII),
        (b"us-ascii", "ascii", Family.ASCII),
        (b"UTF-8", "utf-8", Family.ASCII),
        (b"utf-8-sig", "utf-8", Family.ASCII),
        (b"windows-1252", "cp1252", Family.ASCII),
        (b"GB2312", "gb2312", Family.ASCII),
        (b"Shift_JIS", "shift_jis", Family.ASCII),
        (b"ISO-2022-JP", "iso2022_jp", Family.SHIFTED),
        (b"hz-gb-2312", "hz", Family.SHIFTED),
        (b"utf-16", "utf-16", Family.WIDE),
        (b"utf-32le", "utf-32-le", Family.WIDE),
        (b"cp500", "cp500", Family.WIDE),
        (b"x-unknown", "ascii", Family.ASCII),
        (b"rot13", "ascii", Family.ASCII),
        (b"idna", "ascii", Family.ASCII),
        (b"unicode_escape", "ascii", Family.ASCII),
        (b"../../etc", "ascii", Family.ASCII),
        (b"x" * 100, "ascii", Family.ASCII),
        (b"", "ascii", Family.ASCII),
    ],
)
def test_labels(label: bytes | None, codec: str, family: Family) -> None:
    found = charset(label)

    assert (found.codec, found.family) == (codec, family)


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("Müller & Söhne", "Muller & Sohne"),
        ("Straße", "Strasse"),
        ("Łódź", "Lodz"),
        ("“quoted” – … €5", '"quoted" - ... EUR5'),
        ("東京", "??"),
        ("plain", "plain"),
    ],
)
def test_the_nearest_ascii_spelling(text: str, ascii_text: str) -> None:
    assert to_ascii(text) == ascii_text


def test_text_that_a_charset_cannot_say_is_spelled_in_ascii() -> None:
    assert charset(b"iso-8859-1").encode("Łódź – Köln") == b"Lodz - Koln"
    assert charset(b"utf-16le").encode_html("Łódź") == "&#321;&#243;d&#378;".encode("utf-16-le")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_wide_text_is_searched_by_character_and_found_by_byte(codec: str, mark: str) -> None:
    data = (mark + "日<b>ä</b>").encode(codec)
    text = readable(data, charset(codec[:6].encode()))

    assert text is not None
    at = text.scan.index(b"</b>")
    assert data[text.offset(at) :] == "</b>".encode(codec)
    assert text.charset.encode("x") == "x".encode(codec)


def test_wide_text_that_is_not_in_its_charset_is_not_readable() -> None:
    assert readable(b"\x00\xd8\x00", charset(b"utf-16le")) is None


def test_a_wide_label_on_bytes_of_ascii_is_wrong() -> None:
    text = readable(b"Hello", charset(b"utf-16"))

    assert text is not None
    assert text.charset.encode("x") == b"x"


def test_bytes_of_two_byte_text_are_not_taken_for_ascii() -> None:
    """In ISO-2022-JP the bytes of a kanji may spell anything, an end tag even."""
    hidden = b"\x1b$B</body>x\x1b(B"
    text = readable(b"a" + hidden + b"</body>", charset(b"iso-2022-jp"))

    assert text is not None
    assert text.scan.index(b"</body>") == 1 + len(hidden)
    assert text.closing == b""


@pytest.mark.parametrize(
    ("label", "data", "closing"),
    [
        (b"iso-2022-jp", b"\x1b$BF|K\\", b"\x1b(B"),
        (b"iso-2022-jp", b"\x1b(Jyen", b"\x1b(B"),
        (b"iso-2022-jp", b"\x1b$BF|K\\\x1b(B", b""),
        (b"iso-2022-kr", b"\x1b$)C\x0e0!", b"\x0f"),
        (b"iso-2022-kr", b"\x1b$)C\x0e0!\x0f", b""),
        (b"hz", b"~{<:Ky", b"~}"),
        (b"hz", b"~{<:Ky~}", b""),
    ],
)
def test_text_that_ends_shifted_is_led_back_to_ascii(label: bytes, data: bytes, closing: bytes) -> None:
    text = readable(data, charset(label))

    assert text is not None
    assert text.closing == closing
