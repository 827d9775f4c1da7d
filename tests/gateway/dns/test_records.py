"""What a sender must publish."""

import pytest

from gateway.dns.records import Expected, Kind, Premises, domains_of, of_inbound, of_sender, signing, strings
from suppression.model import Sender
from tests.dkim_keys import new_ed25519_key, new_rsa_key

WHERE = Premises("mail.example.com", "a:mail.example.com", "in.example.com")
SHOP = Sender(
    "shop", "The Shop", from_domains=("example.com", "news.example.com"), from_address="hi@example.com"
)
RSA = new_rsa_key("example.com", "s2026")
ED = new_ed25519_key("example.com", "e2026")


def named(found: tuple[Expected, ...]) -> list[tuple[str, str]]:
    return [(one.kind.value, one.name) for one in found]


def test_a_sender_needs_its_keys_and_for_each_domain_spf_and_dmarc() -> None:
    assert named(of_sender(SHOP, (RSA, ED), WHERE)) == [
        ("DKIM", "s2026._domainkey.example.com"),
        ("DKIM", "e2026._domainkey.example.com"),
        ("SPF", "example.com"),
        ("SPF", "news.example.com"),
        ("DMARC", "_dmarc.example.com"),
        ("DMARC", "_dmarc.news.example.com"),
    ]


def test_the_way_in_needs_mx_and_where_mail_is_from_spf() -> None:
    found = of_inbound(WHERE)
    assert named(found) == [
        ("MX", "in.example.com"),
        ("MX", "u.in.example.com"),
        ("MX", "b.in.example.com"),
        ("SPF", "u.in.example.com"),
        ("SPF", "b.in.example.com"),
    ]
    assert {one.value for one in found} == {"10 mail.example.com", "v=spf1 a:mail.example.com ~all"}
    assert of_inbound(Premises("mail.example.com", "a:mail.example.com")) == ()


def test_a_mail_server_that_hands_over_is_not_known_by_name() -> None:
    handed = Premises("mail.example.com", "a:x", "in.example.com", listens=False, by_lmtp=True)
    assert {one.needs for one in of_inbound(handed) if one.kind is Kind.MX} == {""}


def test_any_domain_is_none_that_could_be_published() -> None:
    dev = Sender("demo", "Demo", from_domains=("*",), from_address="noreply@Example.com")
    assert domains_of(dev) == ("example.com",)


@pytest.mark.parametrize(
    ("domain", "by"),
    [("example.com", "example.com"), ("a.b.example.com", "b.example.com"), ("example.org", "")],
)
def test_the_nearest_key_above_signs(domain: str, by: str) -> None:
    assert signing(domain, ["example.com", "b.example.com"]) == by


def test_a_zone_line_has_no_string_that_is_too_long() -> None:
    (expected, *_) = of_sender(SHOP, (RSA,), WHERE)
    line = expected.zone_line
    assert line.startswith('s2026._domainkey.example.com. 3600 IN TXT "v=DKIM1; k=rsa; p=')
    assert all(len(part) <= 255 for part in line.split('"')[1::2])
    assert "".join(line.split('"')[1::2]) == RSA.dns_txt()
    assert strings("") == '""'
    assert of_inbound(WHERE)[0].zone_line == "in.example.com. 3600 IN MX 10 mail.example.com."
