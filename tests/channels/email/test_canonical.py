"""The relaxed canonical forms: the RFC's examples, and a second implementation."""

import hashlib
from base64 import b64encode

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from channels.email import canonical
from channels.email.canonical import relaxed_body_hash, relaxed_header

BODY = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"bc", b"  ", b"\r\n\r\n"]), max_size=40).map(
    b"".join
)


def test_header_fields_of_rfc_6376_3_4_5() -> None:
    assert relaxed_header(b"A", b" X\r\n") == b"a:X\r\n"
    assert relaxed_header(b"B", b" Y\t\r\n\tZ  \r\n") == b"b:Y Z\r\n"


def test_body_of_rfc_6376_3_4_5() -> None:
    assert relaxed_body_hash([b" C \r\nD \t E\r\n\r\n\r\n"]) == hashlib.sha256(b" C\r\nD E\r\n").digest()


@pytest.mark.parametrize("body", [b"", b"\r\n", b" \r\n\t\r\n", b"\r\n" * 100])
def test_a_body_without_content_is_empty(body: bytes) -> None:
    """RFC 6376 3.4.4 and 5.3: the hash of nothing."""
    assert b64encode(relaxed_body_hash([body])) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_the_body_of_rfc_8463() -> None:
    body = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

    assert b64encode(relaxed_body_hash([body])) == b"2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="


@given(BODY, st.integers(1, 9), st.integers(1, 12))
def test_pieces_and_chunks_of_any_size_give_the_hash_of_the_whole(
    body: bytes, width: int, chunk: int
) -> None:
    body += b"\r\n"  # as SMTP delivers it
    expected = hashlib.sha256(Relaxed.canonicalize_body(body)).digest()
    pieces = [memoryview(body)[at : at + width] for at in range(0, len(body), width)]
    usual = canonical.CHUNK
    try:
        canonical.CHUNK = chunk
        in_chunks = relaxed_body_hash(pieces)
    finally:
        canonical.CHUNK = usual

    assert in_chunks == relaxed_body_hash([body]) == expected


@given(st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n ", b"\r\n\t", b"b:c"]), max_size=20).map(b"".join))
def test_header_fields_agree_with_another_implementation(value: bytes) -> None:
    ((name, text),) = Relaxed.canonicalize_headers([(b"SubJect", value + b"\r\n")])

    assert relaxed_header(b"SubJect", value + b"\r\n") == name + b":" + text


def test_a_line_of_any_length_is_hashed_once() -> None:
    body = b"x" * 5_000_000 + b"\r\n"

    assert relaxed_body_hash([body]) == hashlib.sha256(body).digest()
