"""A folder with everything that a configuration may name: keys, certificates, secrets."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.config import secrets

Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def write_key(path: Path, key: Key) -> None:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def write_certificate(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.com")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path.write_bytes(certificate.public_bytes(Encoding.PEM))


@pytest.fixture(scope="session")
def furniture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("furniture")
    write_key(folder / "rsa.pem", rsa.generate_private_key(65537, 2048))
    write_key(folder / "rsa-1024.pem", rsa.generate_private_key(65537, 1024))  # noqa: S505 - to be refused
    write_key(folder / "ed25519.pem", ed25519.Ed25519PrivateKey.generate())
    tls, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    write_key(folder / "tls.key", tls)
    write_key(folder / "other.key", other)
    write_certificate(folder / "tls.pem", tls)
    secrets.create(folder / "secrets.toml")
    (folder / "hop-password").write_text("hop-secret\n")
    (folder / "twilio-tokens").write_text("token-of-now\ntoken-of-before\n")
    (folder / "twilio-secret").write_text("api-secret\n")
    (folder / "webhook-secret").write_text("whsec_b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xk\n")
    (folder / "empty").touch()
    (folder / "open-secrets.toml").write_text("pepper = 1\n")
    (folder / "open-secrets.toml").chmod(0o644)
    (folder / "half-secrets.toml").write_text('pepper = "00"\n')
    (folder / "half-secrets.toml").chmod(0o600)
    return folder


@pytest.fixture
def base(tmp_path: Path, furniture: Path) -> Path:
    """A copy for one test."""
    return Path(shutil.copytree(furniture, tmp_path / "etc"))
