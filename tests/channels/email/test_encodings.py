"""Transfer encodings: decoded places found in encoded bytes, and bytes encoded anew."""

import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.encodings import (
    Encoding,
    base64_lines,
    base64_offset,
    decoded,
    encoding,
    qp_binary,
    qp_offsets,
    qp_text,
)

QP_LIKE = st.lists(
    st.sampled_from([b"a", b"bc", b"=3D", b"=\r\n", b"\r\n", b"=C3=A9", b" ", b"=\n", b"<x>"])
).map(b"".join)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"", Encoding.IDENTITY),
        (b"7bit", Encoding.IDENTITY),
        (b"8-bit", Encoding.IDENTITY),
        (b"quoted-printable", Encoding.QUOTED_PRINTABLE),
        (b"base64", Encoding.BASE64),
        (b"x-uuencode", None),
        (b"plain", None),
    ],
)
def test_names_of_encodings(name: bytes, kind: Encoding | None) -> None:
    assert encoding(name) is kind


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"YWJj", b"abc"),
        (b"YW\r\n Jj\r\n", b"abc"),
        (b"YQ==", b"a"),
        (b"YQ", b"a"),
        (b"", b""),
        (b"YQ==YQ==", None),
        (b"Y", None),
        (b"Y!Q=", None),
        (b"-- \r\nYQ==", None),
    ],
)
def test_base64_is_read_only_where_all_readers_agree(data: bytes, text: bytes | None) -> None:
    assert decoded(Encoding.BASE64, data) == text


@given(st.binary(max_size=400), st.integers(1, 80), st.data())
def test_base64_groups_are_found_whatever_the_line_length(
    data: bytes, width: int, drawn: st.DataObject
) -> None:
    digits = base64.b64encode(data)
    encoded = b"\r\n".join(digits[at : at + width] for at in range(0, len(digits), width))
    group = drawn.draw(st.integers(0, len(data) // 3))

    assert base64.b64decode(encoded[: base64_offset(encoded, group)]) == data[: 3 * group]


@given(QP_LIKE, st.data())
def test_every_decoded_place_is_found_in_quoted_printable(data: bytes, drawn: st.DataObject) -> None:
    """What comes before the place decodes to what comes before it in the text, and so does what follows."""
    text = binascii.a2b_qp(data)
    places = sorted(drawn.draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    for place, offset in zip(places, qp_offsets(data, text, places), strict=True):
        assert binascii.a2b_qp(data[:offset]) == text[:place]
        assert binascii.a2b_qp(data[offset:]) == text[place:]


@given(st.lists(st.binary(max_size=200).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b""))))
def test_quoted_printable_text_comes_back_from_two_decoders(lines: list[bytes]) -> None:
    text = b"\r\n".join(lines)
    encoded = qp_text(text)

    assert binascii.a2b_qp(encoded) == quopri.decodestring(encoded) == text
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert not any(line.endswith((b" ", b"\t")) for line in encoded.split(b"\r\n"))


@given(st.binary(max_size=400))
def test_quoted_printable_bytes_come_back(data: bytes) -> None:
    encoded = qp_binary(data)

    assert binascii.a2b_qp(encoded) == data
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))


@given(st.binary(max_size=400))
def test_base64_lines_come_back(data: bytes) -> None:
    assert base64.b64decode(base64_lines(data)) == data
    assert all(len(line) <= 76 for line in base64_lines(data).split(b"\r\n"))


def test_no_line_that_we_encode_looks_like_a_delimiter_an_end_of_data_or_a_mailbox_line() -> None:
    encoded = qp_text(b"--b1\r\n.\r\nFrom ann\r\n" + b"x" * 75 + b"--b1")

    assert not any(line.startswith((b"--", b".", b"From ")) for line in encoded.split(b"\r\n"))


@given(st.integers(60, 260), st.sampled_from([b"-", b"=", b".", b" ", b"\t"]))
def test_lines_of_awkward_bytes_are_cut_right(length: int, unit: bytes) -> None:
    text = unit * length
    encoded = qp_text(text)

    assert binascii.a2b_qp(encoded) == quopri.decodestring(encoded) == text
    assert all(len(line) <= 76 and not line.startswith(b"--") for line in encoded.split(b"\r\n"))


def test_a_line_of_dashes_is_encoded_in_linear_time() -> None:
    assert len(qp_text(b"-" * 5_000_000)) > 5_000_000
