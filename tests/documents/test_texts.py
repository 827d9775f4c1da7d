"""The guide's settings for Twilio are such, and its URLs are ours."""

import re
import tomllib
from pathlib import Path

from gateway.config.settings import parse
from tests.documents import readme
from tests.documents.routes import routes

SETUP = "Setting up Twilio"


def test_the_settings_are_ones_that_check_takes(tmp_path: Path) -> None:
    (text,) = readme.blocks(SETUP, "toml", page=readme.TEXTING)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/twilio-token").write_text("current\nsecondary\n")
    (tmp_path / "keys/twilio-secret").write_text("secret\n")
    document = {
        "public_url": "https://mail.example.com",
        "store": {"data_dir": "data"},
        "next_hop": {"host": "127.0.0.1", "tls": "none"},
        "apps": {"shop": {"sender": "shop"}},
        **tomllib.loads(text),
    }
    document["senders"]["shop"] |= {"title": "The Shop", "postal_address": "1 Main Street"}
    settings = parse(document, tmp_path, {}, make_secrets=True)
    assert settings.twilio["shop"].auth_tokens == ("current", "secondary")


def test_the_urls_for_twilios_console_are_routes_of_ours() -> None:
    urls = re.findall(
        r"`https://mail\.example\.com(/[^`#]*)(#[^`]*)?`", readme.section(SETUP, readme.TEXTING)
    )
    assert urls
    assert {f"POST {path}" for path, _ in urls} <= set(routes())
    assert {again for _, again in urls} == {"#rc=5&rp=all"}
