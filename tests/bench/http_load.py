"""Connections that post and post again, kept alive, in a process of their own: as little work for each as can be.

python -m tests.bench.http_load PORT PATH CONNECTIONS SECONDS RECIPIENTS FIRST; begins at a line on its standard
input, prints how many were answered with success in these seconds.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator

import uvloop

from tests.gateway.http.world import SECRETS

PROCESSES = 2
WARM_UP = 1.0  # seconds before counting begins


def requests(path: str, recipients: int, first: int) -> Iterator[bytes]:
    """Each to numbers of its own: nobody's outbox is what limits."""
    while True:
        numbers = [f"+1{2_000_000_000 + first + n}" for n in range(recipients)]
        first += recipients
        asked = {
            "to": numbers if recipients > 1 else numbers[0],
            "body": "Your parcel 4711 is on its way and arrives tomorrow between 9 and 12.",
            "purpose": "transactional/orders",
        }
        body = json.dumps(asked).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {SECRETS['app']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


class Poster(asyncio.Protocol):
    """One connection: the next request when the answer to the last is there."""

    def __init__(self, bodies: Iterator[bytes]) -> None:
        self.answered = 0
        self.failed = ""
        self._bodies = bodies
        self._open = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        transport.write(next(self._bodies))

    def data_received(self, data: bytes) -> None:
        self._open += data
        head, _, body = self._open.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if not length or len(body) < int(length):
            return
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")):
            self.failed = head.partition(b"\r\n")[0].decode()
            return
        self.answered += 1
        self._open = b""
        self._transport.write(next(self._bodies))


async def post(port: int, path: str, connections: int, seconds: float, recipients: int, first: int) -> int:
    loop, bodies = asyncio.get_running_loop(), requests(path, recipients, first)
    posters = [
        (await loop.create_connection(lambda: Poster(bodies), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.sleep(WARM_UP)
    before = sum(poster.answered for poster in posters)
    await asyncio.sleep(seconds)
    if failed := next((poster.failed for poster in posters if poster.failed), ""):
        raise RuntimeError(failed)
    return sum(poster.answered for poster in posters) - before


def rate(
    port: int, path: str, connections: int, seconds: float, recipients: int = 1, first: int = 0
) -> float:
    """Calls answered in a second, of all processes together. `first`: numbers from there on are nobody else's."""
    load = [sys.executable, "-m", "tests.bench.http_load", str(port), path]
    processes = [
        subprocess.Popen(
            [
                *load,
                str(connections // PROCESSES),
                str(seconds),
                str(recipients),
                str(first + number * 1_000_000_000),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(int(process.communicate()[0]) for process in processes) / seconds


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    port, path, connections, seconds, recipients, first = sys.argv[1:]
    print(uvloop.run(post(int(port), path, int(connections), float(seconds), int(recipients), int(first))))
