"""A store that an older version left behind is opened by this one, and every promise in it is kept."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from gateway.embedded.server import EmbeddedServer
from suppression.store.meta import OLDEST, SCHEMA
from tests.end_to_end.client import Client, click, mail
from tests.end_to_end.phones import message
from tests.end_to_end.processes import Running
from tests.upgrades.golden import file_of, pour, set_clock


@dataclass(frozen=True)
class Left:
    """`facts`: what was done in the store."""

    client: Client
    facts: dict[str, Any]

    def link(self, name: str) -> str:
        """As the proxy of today would pass it on."""
        return f"{self.client.url}/u/{self.facts[name].rpartition('/')[2]}"


@pytest.fixture(params=range(OLDEST, SCHEMA + 1))
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Left]:
    told = json.loads(gzip.decompress(file_of(request.param).read_bytes()))
    data = tmp_path / "data"
    with EmbeddedServer(data) as server, redis.Redis(unix_socket_path=str(server.socket)) as client:
        pour(client, told["entries"])
        set_clock(client, told["made"])
    for name, content in told["files"].items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(base64.b64decode(content))
        (data / name).chmod(0o600)
    running = Running.dev(tmp_path, "--workers", "1", data=data)
    client_of = Client(running.ready())
    yield Left(client_of, told["facts"])
    client_of.close()
    running.stop()
    running.end()


def test_stops_consents_links_texts_and_keys_of_then_hold_now(left: Left) -> None:
    client, facts = left.client, left.facts
    assert client.would(facts["stopped"]) == ("refuse", "unsubscribed")
    assert client.would(facts["friend"])[0] == "would_send"
    assert client.send(mail(), facts["stopped"], purpose="marketing/promotions").code == 550
    assert client.send(mail(), facts["friend"], purpose="marketing/promotions").code == 250
    assert [record["kind"] for record in client.log(recipient=facts["clicked"])].count("sent") == 1

    assert client.would(facts["clicked"])[0] == "would_send"
    assert "Unsubscribe" in client.http.get(left.link("footer_link")).text
    assert click(left.link("header_link")).status_code == 200
    assert client.would(facts["clicked"]) == ("refuse", "unsubscribed")

    assert message(client, facts["waiting"])["state"] == "waiting"
    assert client.http.delete(f"/v1/messages/{facts['waiting']}").status_code == 200
    assert message(client, facts["waiting"])["state"] == "cancelled"
