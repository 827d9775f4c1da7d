"""Which keys sign for a From domain."""

import pytest

from channels.email.compose import Original
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


@pytest.mark.parametrize(
    ("covered", "signed"), [("from:to", False), ("from:bcc", True), ("x-gateway-purpose", True)]
)
def test_mail_whose_own_signature_had_to_go_is_signed_anew(covered: str, *, signed: bool) -> None:
    """Only a signature that still holds stands for ours: one over a field that never leaves is taken out."""
    raw = (
        f"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=a; h={covered}; bh=x; b=y\r\n"
        "From: shop@example.com\r\nTo: ann@example.net\r\nBcc: bob@example.net\r\n"
        "X-Gateway-Purpose: transactional/orders\r\n\r\nHello.\r\n"
    )
    original = Original.parse(raw.encode())

    assert bool(Signers.of(KEYS).untouched(original, original.untouched(b""))) is signed
