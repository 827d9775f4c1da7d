"""Values put into encoded bodies: what is decoded is the text with the values in it, and old bytes stay."""

import binascii

from hypothesis import given
from hypothesis import strategies as st

from channels.email.encodings import Encoding, base64_lines, decoded
from channels.email.splices import (
    Body,
    Edit,
    Kind,
    Place,
    Recoded,
    Splice,
    Tail,
    spliced_identity,
    spliced_qp,
)

VALUES = {Kind.FOOTER: b"\r\nfooter = 1\r\n", Kind.UNSUBSCRIBE: b"12ab", Kind.POSTAL_ADDRESS: b""}
QP_LIKE = st.lists(
    st.sampled_from(
        [b"a", b"bc", b"=3D", b"=\r\n", b"\r\n", b"=C3=A9", b" ", b"=", b"=4", b"=Z", b"--", b"<x>"]
    )
).map(b"".join)


@st.composite
def places(draw: st.DrawFn, size: int) -> list[Place]:
    """Places in order that do not overlap, and a footer's place among them."""
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=4, unique=True)))
    kinds = st.sampled_from([Kind.UNSUBSCRIBE, Kind.POSTAL_ADDRESS])
    found = [Place(a, b, draw(kinds)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return [*found, Place(size, size, Kind.FOOTER)]


def expected(text: bytes, at: list[Place]) -> bytes:
    for place in reversed(at):
        text = text[: place.start] + VALUES[place.kind] + text[place.end :]
    return text


def filled(encoded: bytes, splice: Splice) -> bytes:
    edits: list[Edit] = splice.fill(VALUES)
    for edit in reversed(edits):
        encoded = encoded[: edit.start] + edit.new + encoded[edit.end :]
    return encoded


def body(encoded: bytes, text: bytes) -> Body:
    return Body(encoded, 0, len(encoded), text)


@given(st.binary(max_size=300), st.data())
def test_identity(text: bytes, drawn: st.DataObject) -> None:
    at = drawn.draw(places(len(text)))

    assert filled(text, spliced_identity(body(text, text), at)) == expected(text, at)


@given(QP_LIKE, st.data())
def test_quoted_printable_even_where_it_is_malformed(data: bytes, drawn: st.DataObject) -> None:
    text = binascii.a2b_qp(data)
    at = drawn.draw(places(len(text)))

    assert binascii.a2b_qp(filled(data, spliced_qp(body(data, text), at, binary=False))) == expected(text, at)


@given(st.binary(max_size=400), st.integers(1, 100), st.booleans(), st.data())
def test_base64_keeps_all_before_the_first_changed_group(
    text: bytes,
    width: int,
    whole: bool,  # noqa: FBT001
    drawn: st.DataObject,
) -> None:
    digits = base64_lines(text).replace(b"\r\n", b"")
    data = b"\r\n".join(digits[i : i + width] for i in range(0, len(digits), width)) + b"\r\n"
    at = drawn.draw(places(len(text)))
    new = filled(data, Tail(body(data, text), at, whole=whole))

    assert decoded(Encoding.BASE64, new) == expected(text, at)
    assert new.endswith(b"\r\n")
    kept = 0 if whole else at[0].start // 3 * 4
    assert new.replace(b"\r\n", b"")[:kept] == digits[:kept]


@given(st.binary(max_size=1200).map(lambda text: text.replace(b"\r", b"").replace(b"\n", b"\r\n")), st.data())
def test_a_recoded_body_says_the_same_in_short_lines(text: bytes, drawn: st.DataObject) -> None:
    at = [place for place in drawn.draw(places(len(text))) if text[place.start - 1 : place.start] != b"\r"]
    at = [place for place in at if text[place.end - 1 : place.end] != b"\r"]
    new = filled(text, Recoded(body(text, text), at, [], binary=False))

    assert binascii.a2b_qp(new) == expected(text, at)
    assert all(len(line) <= 76 for line in new.split(b"\r\n"))


def test_an_empty_footer_leaves_its_place_alone() -> None:
    splice = spliced_qp(body(b"a=3Db", b"a=b"), [Place(3, 3, Kind.POSTAL_ADDRESS)], binary=False)

    assert splice.fill(VALUES) == []
