"""What a store holds, key by key, as a file that any version can be given: an older version's, kept for good.

`python -m tests.upgrades.golden` makes tests/upgrades/schema-N.json.gz anew, with a `gateway dev` of this version.
It is made once for a schema, when the schema is new, and not again: it stands for the stores that are out there.
"""

import base64
import gzip
import json
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import redis

from suppression.store.keys import Shards
from suppression.store.meta import SCHEMA
from tests.end_to_end.client import Client, address, mail
from tests.end_to_end.phones import ORDERS, text
from tests.end_to_end.processes import Running

FOLDER = Path(__file__).parent
KEPT = ("secrets.toml", "api_key")
TEXTED = "+12025550177"


def file_of(schema: int) -> Path:
    return FOLDER / f"schema-{schema}.json.gz"


def dump(server: redis.Redis) -> list[list[Any]]:
    """Keys, what is in them, and how long they have."""
    return [_entry(server, key) for key in sorted(cast("list[bytes]", server.keys()))]


def _entry(server: redis.Redis, key: bytes) -> list[Any]:
    kind = cast("bytes", server.type(key)).decode()
    read: dict[str, Any] = {
        "string": lambda: ["SET", key, server.get(key)],
        "hash": lambda: ["HSET", key, *_flat(server.hgetall(key))],
        "set": lambda: ["SADD", key, *cast("set[bytes]", server.smembers(key))],
        "list": lambda: ["RPUSH", key, *cast("list[bytes]", server.lrange(key, 0, -1))],
        "zset": lambda: ["ZADD", key, *_scored(server, key)],
        "stream": lambda: ["XADD", key, *cast("list[Any]", server.xrange(key))],
    }
    left = server.pttl(key)
    return [left, _text(read[kind]())]


def _flat(fields: Any) -> list[bytes]:
    return [one for pair in fields.items() for one in pair]


def _scored(server: redis.Redis, key: bytes) -> list[Any]:
    members = cast("list[tuple[bytes, float]]", server.zrange(key, 0, -1, withscores=True))
    return [one for member, score in members for one in (repr(score), member)]


def _text(value: Any) -> Any:
    """Bytes as base64, within lists."""
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return [_text(one) for one in _flat(value)]
    return [_text(one) for one in value] if isinstance(value, list | tuple) else value


def _bytes(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["b"])
    return [_bytes(one) for one in value] if isinstance(value, list) else value


def pour(server: redis.Redis, entries: list[list[Any]]) -> None:
    """Into an empty server."""
    for left, told in entries:
        name, key, *values = _bytes(told)
        if name == "XADD":
            for number, fields in values:
                server.execute_command("XADD", key, number, *fields)  # type: ignore[no-untyped-call]
        else:
            server.execute_command(name, key, *values)  # type: ignore[no-untyped-call]
        if left > 0:
            server.pexpire(key, left)


def set_clock(server: redis.Redis, made: float) -> None:
    """Decisions are made as if it were then."""
    ahead = round((made - time.time()) * 1000)
    for shard in Shards(64).all:
        server.hset(shard.meta, "offset", ahead)


def furnish(client: Client) -> dict[str, Any]:
    """People who stopped, consented, are waited for; links that they have."""
    stopped, friend, clicked = address("stopped"), client.consented("friend"), client.consented("clicked")
    client.stop(stopped, reason="unsubscribed")
    client.order(friend)
    assert client.send(mail(), clicked).code == 250
    [arrived] = client.arrived(clicked)
    due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3 * 86_400))
    waiting = text(client, TEXTED, ORDERS, send_at=due)
    return {
        "stopped": stopped, "friend": friend, "clicked": clicked, "header_link": arrived.header_link,
        "footer_link": arrived.footer_link, "waiting": waiting["id"],
    }  # fmt: skip


def _kept(data: Path) -> list[Path]:
    archived = [path for path in sorted((data / "archive").rglob("*")) if path.is_file()]
    return [data / name for name in KEPT] + archived


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def make(home: Path) -> dict[str, Any]:
    running = Running.dev(home, "--workers", "1")
    try:
        client = Client(running.ready())
        facts = furnish(client)
        client.close()
        socket = json.loads((running.data / "store.json").read_text())["socket"]
        with redis.Redis(unix_socket_path=socket) as server:
            entries = dump(server)
        files = {str(path.relative_to(running.data)): _encoded(path) for path in _kept(running.data)}
    finally:
        running.stop()
        running.end()
    return {"made": time.time(), "facts": facts, "files": files, "entries": entries}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        written = json.dumps(make(Path(folder)), separators=(",", ":"))
    file_of(SCHEMA).write_bytes(gzip.compress(written.encode(), mtime=0))
