"""After an erasure no file of the gateway has the address: store, archive, scratch; in any spelling or encoding."""

import base64
import json
from pathlib import Path

import redis

from suppression.store.keys import Shards
from tests.end_to_end.books import hot
from tests.end_to_end.client import address, mail
from tests.end_to_end.conftest import Start
from tests.end_to_end.processes import Running, until


def test_no_file_has_an_erased_address(start: Start) -> None:
    running, client = start()
    ann, other = client.consented("Ann-Erased"), client.consented("stays")
    client.send(mail(), ann, other)
    client.http.post(
        "/v1/decisions", json={"requests": [{"channel": "email", "to": ann, "purpose": "marketing/x"}]}
    )
    client.stop(other, note=f"{other} is no address of mine")
    until(lambda: hot(running.data) == 0, seconds=60, pause=0.3)
    assert found_in(running.data, other) == {}, "what is kept of an address is sealed, also before"

    answer = client.http.post(f"/v1/recipients/{ann}/erasure")
    assert answer.status_code in (200, 201, 202), answer.text
    let_the_file_be_rewritten(running)
    until(lambda: hot(running.data) == 0, seconds=60, pause=0.3)

    assert found_in(running.data, ann) == {}
    assert client.order(ann).words[0] == "erased"
    check_it_would_be_found(running.data)


def let_the_file_be_rewritten(running: Running) -> None:
    """A day goes by for the append-only file, which then is written anew."""
    socket = json.loads((running.data / "store.json").read_text())["socket"]
    with redis.Redis(unix_socket_path=socket) as server:
        for shard in Shards(64).all:
            if server.exists(shard.erased):
                server.set(shard.erased, 1)
        server.execute_command("BGREWRITEAOF")
        until(lambda: not server.info("persistence")["aof_rewrite_in_progress"], pause=0.2)


def spellings(text: str) -> set[bytes]:
    """As it is and as it may be hidden: case, percent, UTF-16, base64 at each offset, hex, backwards."""
    plain = {text.encode(), text.lower().encode(), text.upper().encode()}
    found = plain | {
        text.replace("@", "%40").encode(),
        text.encode("utf-16-le"),
        text.encode().hex().encode(),
    }
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + text.encode())
        found.add(encoded[-(-offset * 4 // 3) + 1 : -4])
    return found


def found_in(folder: Path, text: str) -> dict[str, bytes]:
    """Files that have it, but for what has left (the sandbox). The address's local part alone is unique, too."""
    wanted = spellings(text) | spellings(text.partition("@")[0])
    found: dict[str, bytes] = {}
    for path in folder.rglob("*"):
        if path.is_file() and "sandbox" not in path.parts[len(folder.parts) :]:
            content = path.read_bytes()
            found |= {str(path.relative_to(folder)): one for one in wanted if one in content}
    return found


def check_it_would_be_found(folder: Path) -> None:
    """The search itself finds what is there."""
    to = address("probe")
    (folder / "probe.txt").write_text(base64.b64encode(f"a line with {to} in it".encode()).decode())
    assert "probe.txt" in found_in(folder, to)
