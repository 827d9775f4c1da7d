"""A footer in a part's own charset and transfer encoding."""

from base64 import b64decode, b64encode

import pytest

from tests.channels.email.samples import (
    PAGE,
    body_of,
    given_way_out,
    mail,
    multipart,
    part,
    text_mail,
    texts,
    ways,
)


@pytest.mark.parametrize(
    ("media", "transfer", "body"),
    [
        (b"text/plain; charset=utf-8", b"8bit", "Grüße\r\n".encode()),
        (b"text/plain; charset=utf-8", b"quoted-printable", b"Gr=C3=BC=C3=9Fe\r\n"),
        (b"text/plain; charset=utf-8", b"quoted-printable", b"Gr=C3=BC=C3=9Fe=\r\n"),
        (b"text/plain; charset=utf-8", b"quoted-printable", b"Gr=C3=BC=C3=9Fe="),
        (b"text/plain; charset=utf-8", b"base64", b64encode("Grüße\r\n".encode()) + b"\r\n"),
        (b"text/plain; charset=utf-8", b"base64", b64encode("Grüße".encode())),
        (b"text/plain; charset=iso-8859-1", b"8bit", "Grüße\r\n".encode("latin-1")),
        (b"text/plain; charset=utf-16", b"base64", b64encode("Grüße\r\n".encode("utf-16"))),
        (b"text/plain; charset=utf-16be", b"quoted-printable", b"=00G=00r=00=FC=00=DF=00e"),
        (b"text/plain; charset=iso-2022-jp", b"7bit", "日本".encode("iso-2022-jp") + b"\r\n"),
        (b"text/plain; charset=iso-2022-jp", b"7bit", "日本".encode("iso-2022-jp")[:-3]),
        (b"text/plain; charset=gb2312", b"8bit", "你好\r\n".encode("gb2312")),
        (b"text/plain; charset=us-ascii", b"7bit", b"Gruesse\r\n"),
        (b"text/plain", b"7bit", b""),
        (b"text/plain; format=flowed; delsp=yes", b"7bit", b"flowed \r\n-- \r\nsignature \r\n"),
    ],
)
def test_the_footer_is_in_the_parts_own_charset_and_encoding(
    media: bytes, transfer: bytes, body: bytes
) -> None:
    raw = text_mail(body, media, transfer)
    (before,), (after,) = texts(raw), texts(given_way_out(raw).raw)

    assert after.startswith(before.rstrip("\n"))
    assert f"\n{PAGE}\nSent by Brand Ltd, 1 Main Street, Springfield\n" in after + "\n"


@pytest.mark.parametrize(
    ("media", "address"),
    [
        (b"text/plain; charset=utf-8", "Straße 1, Łódź"),
        (b"text/plain; charset=iso-8859-1", "Strasse 1, Lodz"),
        (b"text/plain; charset=us-ascii", "Strasse 1, Lodz"),
        (b"text/plain; charset=no-such", "Strasse 1, Lodz"),
        (b"text/html; charset=us-ascii", "Stra&#223;e 1, &#321;&#243;d&#378;"),
        (b"text/html; charset=utf-8", "Stra&#223;e 1, &#321;&#243;d&#378;"),
    ],
)
def test_a_postal_address_is_said_as_well_as_the_charset_can(media: bytes, address: str) -> None:
    way = ways(postal_address="Straße 1, Łódź")
    content = texts(given_way_out(text_mail(b"x\r\n", media), way).raw)[0]

    assert address in content


def test_the_first_eight_bit_bytes_of_a_seven_bit_part_make_it_quoted_printable() -> None:
    raw = multipart(part(b"caf=e9\r\n", b"text/plain; charset=utf-8", b"Content-Transfer-Encoding: 7bit"))
    copy = given_way_out(raw, ways(sender_name="Müller"))

    assert copy.raw.isascii()
    assert b"Content-Transfer-Encoding: quoted-printable\r\n" in copy.raw
    assert b"7bit" not in copy.raw
    assert texts(copy.raw)[0].startswith("caf=e9\n")
    assert "Sent by Müller," in texts(copy.raw)[0]


@pytest.mark.parametrize("top", [True, False])
def test_a_part_with_overlong_lines_is_recoded_when_it_is_rewritten(top: bool) -> None:  # noqa: FBT001
    text = b"<body>" + b"x=y " * 500 + "é".encode() + b"</body>"
    fields = (b"Content-Transfer-Encoding: 8bit",)
    raw = (
        text_mail(text + b"\r\n", b"text/html; charset=utf-8", b"8bit")
        if top
        else multipart(part(text, b"text/html; charset=utf-8", *fields))
    )
    copy = given_way_out(raw).raw
    content = texts(copy)[0]

    assert max(map(len, copy.split(b"\r\n"))) <= 998
    assert copy.count(b"Content-Transfer-Encoding: quoted-printable\r\n") == 1
    assert b"8bit" not in copy
    assert content.startswith(text[:-7].decode())
    assert PAGE in content


def test_recoding_labels_a_message_that_had_no_mime_fields() -> None:
    raw = mail(b"x" * 1200 + b"\r\n")
    copy = given_way_out(raw).raw

    assert copy.count(b"MIME-Version: 1.0\r\n") == 1
    assert texts(copy)[0].startswith("x" * 1200 + "\n")


def test_overlong_base64_stays_base64_in_short_lines() -> None:
    raw = text_mail(b64encode(b"y" * 2000), b"text/plain", b"base64")
    copy = given_way_out(raw).raw

    assert max(map(len, copy.split(b"\r\n"))) <= 998
    assert texts(copy)[0].startswith("y" * 2000)


def test_overlong_lines_in_parts_that_we_leave_alone_stay() -> None:
    attached = part(b"z" * 1500, b"text/plain", b"Content-Disposition: attachment")
    raw = multipart(part(b"Hello", b"text/plain"), attached, kind=b"mixed")

    assert attached in given_way_out(raw).raw


def test_base64_keeps_its_bytes_up_to_the_last_group() -> None:
    coded = b64encode(b"a" * 100)
    lines = coded[:76] + b"\r\n" + coded[76:]
    copy = given_way_out(text_mail(lines + b"\r\n", b"text/plain", b"base64")).raw

    assert body_of(copy).startswith(lines[:-4])
    assert b64decode(body_of(copy)).startswith(b"a" * 100 + b"\r\n")


@pytest.mark.parametrize(
    "transfer", [b"x-uuencode", b"plain", b"base64"], ids=["unknown", "no-encoding", "wrong-label"]
)
def test_a_body_that_cannot_be_decoded_for_sure_is_left_alone(transfer: bytes) -> None:
    raw = text_mail(b"Hello, this is no base64\r\n", b"text/plain", transfer)
    copy = given_way_out(raw)

    assert body_of(copy.raw) == body_of(raw)
    assert not copy.visible_way_out


@pytest.mark.parametrize(("length", "recoded"), [(998, False), (999, True)])
@pytest.mark.parametrize("before", [b"", b"short\r\n", b"y" * 990 + b"\r\n"])
def test_a_line_of_998_is_the_longest(length: int, recoded: bool, before: bytes) -> None:  # noqa: FBT001
    copy = given_way_out(mail(before + b"x" * length + b"\r\nlast\r\n")).raw

    assert (b"quoted-printable" in copy) is recoded
