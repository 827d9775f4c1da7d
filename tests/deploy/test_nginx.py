"""nginx with deploy/nginx.conf before a stand-in of the gateway: what gets through, and what is said of the client."""

import contextlib
import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conftest import free_port
from tests.deploy.test_snippets import DEPLOY, needs
from tests.end_to_end.processes import until
from tests.gateway.config.conftest import write_certificate, write_key

ONE_CLICK = "List-Unsubscribe=One-Click"


class Gateway(ThreadingHTTPServer):
    """Answers 200 to everybody, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.asked: list[tuple[str, str, dict[str, str], str]] = []


class _Asked(BaseHTTPRequestHandler):
    server: Gateway

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer  # noqa: N815 - names of http.server

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class Front:
    gateway: Gateway
    plain: int
    tls: int

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.tls, timeout=30, context=anybody)
        return self._ask(connection, method, path, body, headers)

    def ask_plain(self, method: str, path: str) -> http.client.HTTPResponse:
        return self._ask(
            http.client.HTTPConnection("127.0.0.1", self.plain, timeout=30), method, path, "", {}
        )

    @staticmethod
    def _ask(
        connection: http.client.HTTPConnection, method: str, path: str, body: str, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        with contextlib.closing(connection):
            connection.request(method, path, body or None, {"Host": "mail.example.com"} | headers)
            answer = connection.getresponse()
            answer.read()
            return answer

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return self.ask_plain("GET", "/").status == 404
        return False


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    nginx, home = needs("nginx"), tmp_path_factory.mktemp("nginx")
    with Gateway() as gateway:
        threading.Thread(target=gateway.serve_forever, daemon=True).start()
        made = Front(gateway, free_port(), free_port())
        server = subprocess.Popen(
            [nginx, "-e", home / "error.log", "-c", write_settings(home, made), "-g", "daemon off;"],
        )
        try:
            until(made.answers)
            yield made
        finally:
            server.terminate()
            server.wait(30)
            gateway.shutdown()


def write_settings(home: Path, front: Front) -> Path:
    """The file, but for its ports and folders."""
    key = ec.generate_private_key(ec.SECP256R1())
    write_key(home / "mail.example.com.key", key)
    write_certificate(home / "mail.example.com.pem", key)
    text = (DEPLOY / "nginx.conf").read_text()
    for written, here in (
        ("listen [::]:80;", ""),
        ("listen [::]:443 ssl http2;", ""),
        ("listen 80;", f"listen 127.0.0.1:{front.plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{front.tls} ssl"),
        ("server 127.0.0.1:8080", f"server 127.0.0.1:{front.gateway.server_port}"),
        ("/etc/nginx/tls", str(home)),
        ("/var/log/nginx", str(home)),
    ):
        assert written in text
        text = text.replace(written, here)
    places = "".join(
        f"{name}_temp_path {home}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = home / "nginx.conf"
    path.write_text(f"pid {home}/pid;\nevents {{}}\nhttp {{\n{places}access_log off;\n{text}\n}}\n")
    home.chmod(0o755)
    return path


def test_a_one_click_stop_gets_through_with_its_body_and_its_client(front: Front) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "192.0.2.1"}
    assert front.ask("POST", "/u/token%2B?a=b", ONE_CLICK, **form).status == 200
    method, path, headers, body = front.gateway.asked[-1]
    assert (method, path, body) == ("POST", "/u/token%2B?a=b", ONE_CLICK)
    assert headers["x-forwarded-for"] == "127.0.0.1", "what a client says of itself is not passed on"
    assert (headers["host"], headers["x-forwarded-proto"]) == ("mail.example.com", "https")


@pytest.mark.parametrize("path", ["/u/token", "/c/token", "/assets/page.css", "/hooks/twilio/sms"])
def test_what_is_for_everybody_gets_through(front: Front, path: str) -> None:
    assert front.ask("GET", path).status == 200
    assert front.gateway.asked[-1][1] == path


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/metrics", 404), ("/healthz", 404), ("/readyz", 404), ("/sandbox/messages", 404),
        ("/v1/log", 403), ("/v1/imports", 403), ("/console", 403), ("/u/../v1/log", 403), ("//v1/log", 403),
    ],
)  # fmt: skip
def test_what_is_not_for_everybody_is_not_asked_of_the_gateway(front: Front, path: str, status: int) -> None:
    before = len(front.gateway.asked)
    assert front.ask("GET", path).status == status
    assert len(front.gateway.asked) == before


def test_over_plain_http_nothing_is_redirected(front: Front) -> None:
    """RFC 8058 3.1: a redirected POST is lost."""
    for method in ("GET", "POST"):
        assert front.ask_plain(method, "/u/token").status == 404
