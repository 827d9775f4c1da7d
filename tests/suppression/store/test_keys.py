"""Names of keys are data: what is frozen here must never change for a store that exists."""

import base64
import binascii
import hmac
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression.address import parse
from suppression.errors import NotFound
from suppression.store.keys import (
    SLOTS,
    Keyring,
    Shards,
    handle,
    parse_handle,
    parse_record_id,
    record_id,
    shard_tags,
)

KEYRING = Keyring(b"p" * 32)


def test_the_shard_table_is_frozen() -> None:
    assert shard_tags(64)[:8] == ("10", "18", "6h", "03", "29", "21", "32", "4s")
    assert len(set(shard_tags(64))) == 64


@pytest.mark.parametrize("shards", [1, 2, 64, 100, 256, 1024])
def test_shards_spread_evenly_over_a_clusters_slots(shards: int) -> None:
    slots = sorted(binascii.crc_hqx(tag.encode(), 0) % SLOTS for tag in shard_tags(shards))

    assert [slot * shards // SLOTS for slot in slots] == list(range(shards))


def test_recipients_spread_evenly_over_shards() -> None:
    shards = Shards(64)
    keys = [KEYRING.recipient(parse(f"user{n}@example.net")).key for n in range(6400)]

    counts = Counter(shards.of(key).number for key in keys)

    assert min(counts.values()) > 50
    assert max(counts.values()) < 160


def test_a_recipients_key_is_frozen() -> None:
    recipient = KEYRING.recipient(parse("Bob+news@Example.com"))

    assert recipient.key.hex() == KEYRING.recipient(parse("bob@example.com")).key.hex()
    assert recipient.exact != KEYRING.recipient(parse("bob@example.com")).exact
    assert recipient.key.hex() == "3808b9b105215df95a9aee037c2cab41"


@given(st.binary(min_size=16, max_size=200), st.binary(min_size=16, max_size=32))
def test_what_is_kept_instead_of_a_hash_is_an_hmac_of_it(pepper: bytes, digest: bytes) -> None:
    assert Keyring(pepper).matching(digest) == hmac.digest(pepper, b"match|" + digest, "sha256")[:8]


def test_a_phone_number_and_an_address_of_the_same_text_are_two_recipients() -> None:
    assert (
        KEYRING.recipient(parse("+12025550143")).key
        != Keyring(b"q" * 32).recipient(parse("+12025550143")).key
    )


@given(st.integers(0, 2**47), st.integers(0, 2**16 - 1), st.integers(0, 1023))
def test_a_record_id_leads_back_to_its_shard_and_place(ms: int, seq: int, shard: int) -> None:
    text = record_id(shard, f"{ms}-{seq}")

    assert parse_record_id(text) == (shard, f"{ms}-{seq}")
    assert len(text) == 16


@given(st.text(max_size=40))
def test_anything_else_is_no_id(text: str) -> None:
    for read in (parse_record_id, lambda t: parse_handle("sup_", t)):
        try:
            read(text)
        except NotFound:
            continue


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=6, max_size=6))
def test_a_handle_leads_back_to_recipient_and_entry(key: bytes, entry: bytes) -> None:
    text = handle("sup_", key, entry.hex())

    assert parse_handle("sup_", text) == (key, entry.hex())
    with pytest.raises(NotFound):
        parse_handle("con_", text)


def test_a_short_pepper_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Keyring(b"short")


def test_no_two_keys_of_a_shard_have_the_same_name() -> None:
    shard = Shards(1).all[0]
    names = [value for name in dir(type(shard)) if isinstance(value := getattr(shard, name), bytes)]
    assert len(names) >= 8
    assert len(set(names)) == len(names)


@given(st.binary(min_size=0, max_size=24))
def test_handles_are_base32hex_of_key_and_entry(entry: bytes) -> None:
    expected = base64.b32hexencode(b"k" * 16 + entry).decode().lower().rstrip("=")
    assert handle("x_", b"k" * 16, entry.hex()) == "x_" + expected
