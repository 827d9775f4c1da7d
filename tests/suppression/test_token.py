"""Tokens: both encodings read back, any alteration is refused, old keys go on working."""

import string
from base64 import b32encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression.errors import ConfigurationError, InvalidToken
from suppression.model import Channel
from suppression.token import _CHANNELS, _KINDS, Token, TokenKeys, TokenKind, _decoded, _mac, tag

KEYS = TokenKeys({1: b"one" * 11, 2: b"two" * 11}, current=2)
TOKEN = Token(
    TokenKind.HEADER,
    Channel.EMAIL,
    bytes(range(16)),
    tag("marketing/promotions"),
    tag("brand"),
    tag("*"),
)
URL_ALPHABET = string.ascii_letters + string.digits + "-_"

tokens = st.builds(
    Token,
    st.sampled_from(TokenKind),
    st.one_of(st.none(), st.sampled_from(Channel)),
    st.binary(min_size=16, max_size=16),
    *[st.binary(min_size=4, max_size=4)] * 3,
)


@given(tokens)
def test_both_encodings_read_back(token: Token) -> None:
    in_url, in_address = KEYS.mint(token), KEYS.mint_base32(token)

    assert KEYS.parse(in_url) == KEYS.parse(in_address) == token
    assert len(in_url) == 54
    assert len(in_address) == 64


def test_the_layout_is_frozen() -> None:
    """Tokens never expire: what this text stands for today it must stand for in every later version."""
    text = "EQECAAECAwQFBgcICQoLDA0OD8n3umAEqfuiaEiIwFggfiElqp9dzw"

    assert KEYS.mint(TOKEN) == text
    assert KEYS.parse(text) == TOKEN


def test_every_kind_and_channel_has_a_code() -> None:
    assert set(_KINDS) == set(TokenKind)
    assert set(_CHANNELS) == {None, *Channel}


def test_a_token_of_an_older_key_still_reads() -> None:
    """Rotation: mint with the new one, read with all."""
    before = TokenKeys({1: b"one" * 11}, current=1)

    assert KEYS.parse(before.mint(TOKEN)) == TOKEN
    with pytest.raises(InvalidToken):
        before.parse(KEYS.mint(TOKEN))


def test_a_token_of_other_keys_is_refused() -> None:
    foreign = TokenKeys({2: b"foreign" * 5}, current=2)

    with pytest.raises(InvalidToken):
        KEYS.parse(foreign.mint(TOKEN))


def test_every_altered_bit_is_refused() -> None:
    raw = _decoded(KEYS.mint(TOKEN))
    for bit in range(len(raw) * 8):
        altered = bytearray(raw)
        altered[bit // 8] ^= 1 << bit % 8
        for text in (urlsafe_b64encode(altered).decode().rstrip("="), b32encode(altered).decode().lower()):
            with pytest.raises(InvalidToken):
                KEYS.parse(text)


def test_every_altered_character_is_refused() -> None:
    """The bits of the last character that stand for nothing included; a letter's case too."""
    for text, alphabet in (
        (KEYS.mint(TOKEN), URL_ALPHABET + "=+/ "),
        (KEYS.mint_base32(TOKEN), string.ascii_letters + string.digits + "="),
    ):
        altered = {
            text[:at] + other + text[at + 1 :]
            for at in range(len(text))
            for other in alphabet
            if other != text[at]
        }
        for other in altered:
            with pytest.raises(InvalidToken):
                KEYS.parse(other)


def test_what_is_cut_or_added_is_refused() -> None:
    for text in (KEYS.mint(TOKEN), KEYS.mint_base32(TOKEN)):
        for other in (text[:-1], text[1:], text + "A", text + "=", text + "\n", " " + text, text + "==", ""):
            with pytest.raises(InvalidToken):
                KEYS.parse(other)


@given(
    st.one_of(
        st.text(max_size=70),
        st.text(URL_ALPHABET, min_size=54, max_size=54),
        st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=64, max_size=64),
    )
)
def test_garbage_is_nothing_but_an_invalid_token(text: str) -> None:
    with pytest.raises(InvalidToken):
        KEYS.parse(text)


@pytest.mark.parametrize("head", [bytes((0x16, 1, 2)), bytes((0x21, 1, 2)), bytes((0x11, 9, 2))])
def test_a_kind_or_channel_of_a_later_version_is_refused(head: bytes) -> None:
    """Sealed rightly, but we would not know what it asks for."""
    body = head + bytes(28)

    with pytest.raises(InvalidToken):
        KEYS.parse(urlsafe_b64encode(body + _mac(b"two" * 11, body)).decode().rstrip("="))


def test_no_error_quotes_the_token() -> None:
    text = KEYS.mint(TOKEN)[:-1] + "!"

    with pytest.raises(InvalidToken) as caught:
        KEYS.parse(text)

    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "current"),
    [({}, 1), ({1: b"k" * 32}, 2), ({1: b"short"}, 1), ({256: b"k" * 32}, 256), ({-1: b"k" * 32}, -1)],
)
def test_keys_that_cannot_be_used_are_refused(keys: dict[int, bytes], current: int) -> None:
    with pytest.raises(ConfigurationError):
        TokenKeys(keys, current)


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(17)])
def test_a_token_of_another_size_is_not_minted(key: bytes) -> None:
    with pytest.raises(ValueError, match="three tags"):
        KEYS.mint(Token(TokenKind.BODY, None, key, tag("*"), tag("*"), tag("*")))


def test_a_tag_is_short_and_of_its_name_only() -> None:
    assert tag("*") == tag("*")
    assert len({tag(name) for name in ("*", "brand", "Brand", "marketing", "marketing/promotions")}) == 5
    assert len(tag("münchen")) == 4
