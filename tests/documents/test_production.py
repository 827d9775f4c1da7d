"""The operators' gateway.toml is one that `gateway check` would take, and its words about secrets and keys hold."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from gateway.config import secrets
from gateway.config.settings import Settings, parse
from suppression.address import parse as parse_address
from suppression.model import Channel
from suppression.store.keys import Keyring
from suppression.token import Token, TokenKeys, TokenKind, tag
from tests.documents import readme

SECTION = "In production"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    rsa = ["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"]
    subprocess.run([*rsa, tmp_path / "keys/s2026.pem"], check=True, capture_output=True)
    shutil.copy(tmp_path / "keys/s2026.pem", tmp_path / "keys/tls.key")
    certificate = ["openssl", "req", "-x509", "-subj", "/CN=mail.example.com", "-days", "1"]
    certificate += ["-key", str(tmp_path / "keys/tls.key"), "-out", str(tmp_path / "keys/tls.pem")]
    subprocess.run(certificate, check=True, capture_output=True)
    return tmp_path


def example(folder: Path) -> Settings:
    (text,) = readme.blocks(SECTION, "toml", page=readme.OPERATING)
    return parse(tomllib.loads(text), folder, {}, make_secrets=True)


def test_the_example_is_a_configuration_without_problems(folder: Path) -> None:
    settings = example(folder)
    assert list(settings.apps) == list(settings.senders) == ["shop"]
    assert [key.selector for key in settings.dkim["shop"]] == ["s2026"]


def test_sections_that_the_guides_show_are_ones_that_check_takes(folder: Path) -> None:
    (text,) = readme.blocks(SECTION, "toml", page=readme.OPERATING)
    (lists,) = readme.blocks("Registers, lists, caps and hours", "toml", page=readme.CONCEPTS)
    console, oidc = readme.blocks("For who runs it", "toml", page=readme.SUPPORT)
    (folder / "keys/oidc-secret").write_text("secret\n")
    settings = parse(tomllib.loads(f"{text}\n{lists}\n{console}\n{oidc}"), folder, {}, make_secrets=True)
    assert settings.console is not None
    assert settings.console.oidc is not None


def test_a_token_key_added_as_described_mints_and_the_old_links_live_on(folder: Path) -> None:
    old = example(folder).secrets.tokens
    path = folder / "secrets.toml"
    before, _, after = path.read_text().partition("[tokens]\ncurrent = 1\n[tokens.keys]\n")
    path.write_text(f'{before}[tokens]\ncurrent = 2\n[tokens.keys]\n2 = "{"ab" * 32}"\n{after}')
    new = secrets.read(path).tokens
    token = Token(
        TokenKind.HEADER, Channel.EMAIL, _key(), tag("marketing/promotions"), tag("shop"), tag("shop")
    )
    minted = TokenKeys(old.keys, old.current).mint(token)
    rotated = TokenKeys(new.keys, new.current)
    assert rotated.parse(minted) == token
    assert rotated.mint(token) != minted


def _key() -> bytes:
    return Keyring(b"p" * 32).recipient(parse_address("ann@example.net")).key
