"""Keys, certificate, tokens and passwords of `gateway dev`, made once and kept in its data folder."""

import datetime as dt
import os
import secrets
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.embedded.data_folder import private

_LIFETIME = dt.timedelta(days=3650)

Key = RSAPrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def make(folder: Path) -> tuple[str, str]:
    """Whatever is not there yet. The API key, and the password of the console's agent."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    _once(keys / "dkim-rsa.pem", lambda: _pem(generate_private_key(65537, 2048)))
    _once(keys / "dkim-ed25519.pem", lambda: _pem(Ed25519PrivateKey.generate()))
    _once(keys / "tls.pem", _key_with_certificate)
    _once(keys / "twilio-token", lambda: secrets.token_hex(16).encode() + b"\n")
    _once(folder / "api_key", _api_key)
    _once(folder / "console_password", lambda: secrets.token_urlsafe(15).encode() + b"\n")
    api_key, password = (
        (folder / name).read_text("ascii").strip() for name in ("api_key", "console_password")
    )
    return api_key, password


def _once(path: Path, content: Callable[[], bytes]) -> None:
    """Renamed into place: a start that was killed leaves no half of a file."""
    if path.exists():
        return
    written = path.with_name(path.name + ".new")
    with open(written, "wb", opener=private) as file:
        file.write(content())
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)


def _api_key() -> bytes:
    """256 random bits."""
    return f"gk_{secrets.token_urlsafe(32)}\n".encode()


def _pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _key_with_certificate() -> bytes:
    """Self-signed, for this machine; both in one file, so that they belong together."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway.example.com")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pem(key) + certificate.public_bytes(Encoding.PEM)
