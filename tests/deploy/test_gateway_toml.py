"""deploy/gateway.toml names every setting that there is, and works: as it is, and with all of it switched on."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway.config.settings import Settings, parse
from tests.documents.readme import ROOT
from tests.documents.settings_table import settings
from tests.gateway.config.conftest import write_certificate, write_key

EXAMPLE = (ROOT / "deploy/gateway.toml").read_text("utf-8")
TABLE = re.compile(r"\[{1,2}([^\[\]]+)\]{1,2}$")
KEY = re.compile(r"([a-z_0-9]+) = ")
NAMED = ("senders", "apps", "caps", "registers", "lists")


def switched_on() -> str:
    return re.sub(r"^#(?=\[|[a-zA-Z_0-9]+ = )", "", EXAMPLE, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("etc")
    keys = folder / "keys"
    keys.mkdir()
    tls = ec.generate_private_key(ec.SECP256R1())
    write_key(keys / "tls.key", tls)
    write_certificate(keys / "tls.pem", tls)
    write_key(keys / "s2026.pem", rsa.generate_private_key(65537, 2048))
    for name in re.findall(r'"keys/([a-z0-9-]+)"', EXAMPLE):
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" if name.startswith("webhook") else "a-secret-of-one"
        (keys / name).write_text(secret + "\n")
    return folder


def read(text: str, home: Path) -> Settings:
    return parse(tomllib.loads(text), home, {}, make_secrets=True)


def test_as_it_is_it_is_a_configuration_without_problems(home: Path) -> None:
    assert read(EXAMPLE, home).given.next_hop is not None


def test_with_every_setting_switched_on_it_is_one_too(home: Path) -> None:
    settings = read(switched_on(), home)
    assert settings.inbound is not None
    assert settings.console.oidc is not None
    assert list(settings.twilio) == ["shop"]


def test_every_setting_is_in_it_and_no_other() -> None:
    named, table = {"hours", "purposes"}, ""
    for line in EXAMPLE.splitlines():
        bare = line.removeprefix("#|").removeprefix("#")
        if found := TABLE.match(bare):
            first, _, rest = found[1].partition(".")
            table = f"{first}.NAME.{rest.partition('.')[2]}".rstrip(".") if first in NAMED else found[1]
            table += "[]" * bare.startswith("[[")
        elif (found := KEY.match(bare)) and not table.startswith(("hours", "purposes")):
            named.add(f"{table}.{found[1]}".lstrip("."))
    assert named == set(settings())


def test_what_is_switched_on_by_hand_with_data_dir_needs_no_other_store(home: Path) -> None:
    text = EXAMPLE.replace("redis_url =", "#redis_url =").replace("#|data_dir =", "data_dir =")
    assert read(text, Path(shutil.copytree(home, home.parent / "copy"))).store.redis_url is None
