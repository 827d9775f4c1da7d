"""Providers as settings name them, and the readers that are made of them."""

import base64
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.assembly.mail_providers import readers
from gateway.config.effective import effective
from gateway.config.settings import Settings, parse

HERE = Path(__file__).parent
KEY = base64.b64encode(
    ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()  # fmt: skip
ALL = f"""
[providers.ses]
topics = ["arn:aws:sns:eu-west-1:123456789012:bounces", "arn:aws-cn:sns:cn-north-1:123456789012:b.fifo"]

[providers.sendgrid]
public_keys = ["{KEY}"]

[providers.postmark]
username = "hooks"
password_file = "hop-password"
sender = "brand"

[providers.mailgun]
signing_key = "key-of-mailgun"

[bounces]
soft_mails = 3
soft_days = 7
"""


def settings(base: Path, more: str) -> Settings:
    return parse(tomllib.loads((HERE / "minimal.toml").read_text() + more), base, {})


@pytest.fixture
def named(base: Path) -> str:
    """The sender of the smallest configuration."""
    return next(iter(settings(base, "").senders))


def test_nothing_is_configured_by_default(base: Path) -> None:
    found = settings(base, "")
    assert readers(found) == {}
    assert (found.given.bounces.soft_mails, found.given.bounces.soft_days) == (5, 14)


def test_each_provider_has_a_reader_by_its_name(base: Path, named: str) -> None:
    found = settings(base, ALL.replace('"brand"', f'"{named}"'))
    assert {name: one.name for name, one in readers(found).items()} == {
        name: name for name in ("ses", "sendgrid", "postmark", "mailgun")
    }
    assert (found.proofs.postmark, found.proofs.mailgun) == ("hop-secret", "key-of-mailgun")
    assert found.proofs.senders == {"postmark": named}


def test_no_secret_of_a_provider_is_shown(base: Path, named: str) -> None:
    found = settings(base, ALL.replace('"brand"', f'"{named}"'))
    for shown in (effective(found), repr(found), repr(found.proofs)):
        assert "key-of-mailgun" not in shown
        assert "hop-secret" not in shown
