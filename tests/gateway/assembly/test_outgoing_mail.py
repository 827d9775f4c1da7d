"""The next hop's profile reaches the signers: what SES rewrites is not signed."""

import subprocess
import sys
from pathlib import Path

import pytest

from channels.email.compose import Original
from gateway.assembly import outgoing_mail
from gateway.config import settings
from tests.dkim_keys import new_ed25519_key

MAIL = b"From: a@example.com\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@x>\r\n\r\nhi\r\n"


@pytest.mark.parametrize(("profile", "signed"), [("mta", True), ("ses", False)])
def test_headers_that_the_hop_rewrites_are_not_signed(tmp_path: Path, profile: str, signed: bool) -> None:  # noqa: FBT001
    (tmp_path / "dkim.pem").write_bytes(new_ed25519_key("example.com", "s1").pem())
    config = tmp_path / "gateway.toml"
    config.write_text(
        f"""
public_url = "https://mail.example.com"
store = {{ data_dir = "data" }}
next_hop = {{ host = "127.0.0.1", tls = "none", profile = "{profile}" }}
[senders.brand]
title = "The Brand"
postal_address = "1 Main Street"
from_domains = ["example.com"]
dkim = [{{ domain = "example.com", selector = "s1", key_file = "dkim.pem" }}]
[apps.shop]
sender = "brand"
"""
    )
    signers = outgoing_mail._signers(settings.load(config, {}, make_secrets=True), "brand")
    original = Original.parse(MAIL)

    (names,) = (
        line.partition(b"h=")[2].partition(b";")[0]
        for line in [signers.untouched(original, original.untouched(b"")).replace(b"\r\n ", b"")]
    )

    assert (b"Message-ID" in names) is signed
    assert (b"Date" in names) is signed


def test_the_command_line_does_not_load_the_fronts() -> None:
    code = "import sys, gateway.cli.stores; sys.exit('fastapi' in sys.modules or 'aiosmtpd' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
