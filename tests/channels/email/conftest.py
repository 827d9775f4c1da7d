"""Fixtures for the tests of rewriting and signing."""

from collections.abc import Callable

import pytest

from channels.email.dkim import DkimKey
from tests.channels.email import corpora
from tests.dkim_keys import new_ed25519_key, new_rsa_key

DnsAnswer = Callable[..., bytes | None]


@pytest.fixture
def corpora_here() -> None:
    """Skips where the corpora are not; fails in CI."""
    corpora.require()


@pytest.fixture(scope="session")
def rsa_key() -> DkimKey:
    return new_rsa_key("example.com", "r1")


@pytest.fixture(scope="session")
def ed25519_key() -> DkimKey:
    return new_ed25519_key("example.com", "e1")


@pytest.fixture(scope="session")
def dns(rsa_key: DkimKey, ed25519_key: DkimKey) -> DnsAnswer:
    """What the verifier asks for keys."""
    records = {f"{key.name}.".encode(): key.dns_txt().encode() for key in (rsa_key, ed25519_key)}
    return lambda name, timeout=5: records.get(name)  # noqa: ARG005 - the verifier names it
