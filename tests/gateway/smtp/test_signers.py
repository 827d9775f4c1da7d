"""Which keys sign for a From domain."""

import pytest

from gateway.smtp.signers import Signers
from tests.dkim_keys import new_ed25519_key

KEYS = [new_ed25519_key(domain, "e1") for domain in ("example.com", "news.example.com")]


@pytest.mark.parametrize(
    ("from_domain", "signs"),
    [
        ("example.com", "example.com"),
        ("news.example.com", "news.example.com"),
        ("shop.example.com", "example.com"),
        ("a.news.example.com", "news.example.com"),
        ("badexample.com", None),
        ("com", None),
        ("example.org", None),
    ],
)
def test_a_domain_is_signed_for_by_its_own_keys_or_the_nearest_above(
    from_domain: str, signs: str | None
) -> None:
    assert Signers.of(KEYS).signing(from_domain) == signs


def test_in_dev_any_domain_is_signed_for() -> None:
    assert Signers.of(KEYS, any_from="example.com").signing("example.org") == "example.com"
