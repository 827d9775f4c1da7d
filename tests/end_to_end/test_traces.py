"""A `gateway serve` with a collector: its spans arrive there, the last of them when it ends."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.end_to_end.client import mail
from tests.end_to_end.hop import Hop
from tests.end_to_end.production import Production

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otel is not installed")


class Collector(BaseHTTPRequestHandler):
    taken: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing is printed."""


@contextmanager
def collecting() -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    taken: list[tuple[str, bytes]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Own", (Collector,), {"taken": taken}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_spans_of_a_mail_arrive_at_the_collector(tmp_path: Path) -> None:
    with Hop() as hop, collecting() as (port, taken):
        more = f'\n[traces]\nendpoint = "http://127.0.0.1:{port}/v1/traces"\n'
        production = Production(tmp_path, hop.port, more=more)
        production.command("init")
        production.begin()
        assert production.client("shop").send(mail(), "ann@example.net").code == 250
        production.end()

    assert {path for path, _ in taken} == {"/v1/traces"}
    told = b"".join(body for _, body in taken)
    for name in (b"smtp message", b"decision", b"store commit", b"next hop"):
        assert name in told
    assert b"ann@example.net" not in told
