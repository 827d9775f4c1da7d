"""Addresses as they rest in the store."""

import pytest

from suppression.address import parse
from suppression.errors import StoreUnavailable
from suppression.store.sealed import Sealer

SEALER = Sealer({7: b"k" * 32}, 7)


def test_addresses_sealed_together_open_each_with_its_own_recipient_only() -> None:
    texts = ("ann@example.net", "ann@example.net", "+12025550143", "ünï@example.net")
    keys = [bytes([number]) * 16 for number in range(len(texts))]
    addresses = [parse(text) for text in texts]
    sealed = SEALER.addresses(zip(addresses, keys, strict=True))
    assert [SEALER.open_address(one, key) for one, key in zip(sealed, keys, strict=True)] == addresses
    with pytest.raises(StoreUnavailable):
        SEALER.open_address(sealed[0], keys[1])


def test_no_two_sealed_values_share_a_nonce() -> None:
    sealed = SEALER.addresses([(parse("ann@example.net"), b"k" * 16)] * 1000)
    assert len({one[1:13] for one in sealed}) == 1000
    assert {len(one) for one in sealed} == {len(SEALER.address(parse("ann@example.net"), b"k" * 16))}
