"""The one thing that fetches, against a real server over TLS."""

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from channels.email.providers.https_get import LARGEST, HttpsGet
from channels.email.providers.sns import NotFetched


class Handler(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body = {
            "/here?a=1": (200, b"here"),
            "/moved": (302, b""),
            "/large": (200, b"x" * (LARGEST + 1)),
        }.get(self.path, (404, b""))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/here?a=1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    local = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .add_extension(local, critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[str]:
    Handler.asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def get(certificate: Path) -> HttpsGet:
    return HttpsGet(ssl.create_default_context(cafile=str(certificate)))


async def test_a_document_is_fetched(server: str, get: HttpsGet) -> None:
    assert await get(f"{server}/here?a=1") == b"here"


@pytest.mark.parametrize("path", ["/moved", "/large", "/nowhere", "/here?a=1 HTTP/1.1\r\nX: y"])
async def test_nothing_else_is_taken_and_no_redirect_followed(server: str, get: HttpsGet, path: str) -> None:
    with pytest.raises(NotFetched):
        await get(server + path)
    assert "/here?a=1" not in Handler.asked


async def test_a_host_that_cannot_prove_its_name_is_not_believed(server: str) -> None:
    with pytest.raises(NotFetched):
        await HttpsGet()(f"{server}/here?a=1")
    assert Handler.asked == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "file:///etc/hosts", "https://", "https://127.0.0.1:1/"]
)
async def test_what_cannot_be_reached_is_to_be_tried_again(get: HttpsGet, url: str) -> None:
    with pytest.raises(NotFetched):
        await get(url)
