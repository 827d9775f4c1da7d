"""DKIM keys and signatures (RFC 6376, 8301, 8463): relaxed/relaxed, SHA-256, never l=, over-signed.

A name listed once more than it occurs cannot be put on top again without breaking the signature (RFC 6376 8.15).
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from channels.email.canonical import relaxed_body_hash, relaxed_header
from channels.email.compose import Copy
from channels.email.header_block import HeaderBlock
from suppression.errors import ConfigurationError

MIN_RSA_BITS = 2048  # RFC 8301 3.2
MAX_RSA_BITS = 4096
DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LINE = 76
MOST_INSTANCES = 16  # of one name: signing more would make a field as large as the header it signs

# Signed once more than they occur, also when they do not occur: nobody on the way adds these lawfully.
OVERSIGNED = (
    b"From", b"Reply-To", b"Subject", b"To", b"Cc", b"MIME-Version", b"Content-Type",
    b"Content-Transfer-Encoding", b"List-Unsubscribe", b"List-Unsubscribe-Post",
)  # fmt: skip
# Signed once more than they occur, if they occur: a mail server may add a missing one (RFC 6409 8).
OVERSIGNED_IF_PRESENT = (
    b"Date",
    b"Message-ID",
    b"List-Id",
    b"Feedback-ID",
    b"CFBL-Address",
    b"CFBL-Feedback-ID",
)
# Signed as often as they occur (RFC 6376 5.4.1).
SIGNED = (
    b"Sender", b"In-Reply-To", b"References", b"Content-ID", b"Content-Description", b"Auto-Submitted",
    b"List-Help", b"List-Subscribe", b"List-Post", b"List-Owner", b"List-Archive",
)  # fmt: skip

PrivateKey = RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key and the name under which its public half is published."""

    domain: str
    selector: str
    private: PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        for name in (self.domain, self.selector):
            if not DOMAIN.fullmatch(name) or len(name) > 253:
                raise ConfigurationError(f"not a domain name in lower-case ASCII: {name!r}")
        if isinstance(self.private, RSAPrivateKey):
            if not MIN_RSA_BITS <= self.private.key_size <= MAX_RSA_BITS:
                raise ConfigurationError(
                    f"DKIM key {self.name}: RSA keys have {MIN_RSA_BITS} to {MAX_RSA_BITS} bits"
                )
        elif not isinstance(self.private, Ed25519PrivateKey):
            raise ConfigurationError(f"DKIM key {self.name}: neither RSA nor Ed25519")

    @classmethod
    def from_pem(cls, domain: str, selector: str, pem: str | bytes) -> "DkimKey":
        data = pem.encode() if isinstance(pem, str) else pem
        try:
            private = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ConfigurationError(
                f"DKIM key {selector} of {domain}: no unencrypted PEM private key"
            ) from error
        return cls(domain, selector, private)  # type: ignore[arg-type]  # judged in __post_init__

    @property
    def name(self) -> str:
        """Where its DNS record belongs."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def pem(self) -> bytes:
        """The private key, to be kept in a file that only the gateway reads."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def dns_txt(self) -> str:
        """The content of its DNS record (RFC 6376 3.6.1; RFC 8463 4: the bare 32 bytes)."""
        public = self.private.public_key()
        encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        kind = "rsa"
        if isinstance(self.private, Ed25519PrivateKey):
            encoding, form = serialization.Encoding.Raw, serialization.PublicFormat.Raw
            kind = "ed25519"
        return f"v=DKIM1; k={kind}; p={b64encode(public.public_bytes(encoding, form)).decode()}"

    def signature(self, data: bytes) -> bytes:
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(data, PKCS1v15(), hashes.SHA256())
        return self.private.sign(hashlib.sha256(data).digest())  # RFC 8463 3: of the hash


class Signer:
    """Signs with each of its keys. `unsigned_headers` (lower case): those that the next hop rewrites."""

    def __init__(self, keys: Sequence[DkimKey], unsigned_headers: frozenset[str] = frozenset()) -> None:
        self._keys = tuple(keys)
        unsigned = {name.lower().encode() for name in unsigned_headers}
        if b"from" in unsigned:
            raise ConfigurationError("a DKIM signature always covers From")  # RFC 6376 5.4
        self._names = [
            (name, name.lower(), spare, always)
            for names, spare, always in (
                (OVERSIGNED, 1, True),
                (OVERSIGNED_IF_PRESENT, 1, False),
                (SIGNED, 0, False),
            )
            for name in names
            if name.lower() not in unsigned
        ]

    def sign(self, copy: Copy, at: int | None = None) -> bytes:
        """The DKIM-Signature fields to put on top, one for each key; `at`: seconds since 1970, for t=."""
        names, canonical = self._header_input(HeaderBlock(copy.header))
        body_hash = b64encode(relaxed_body_hash(copy.body))
        listed = b"\r\n".join(_folded_names(names))
        return b"".join(self._field(key, listed, canonical, body_hash, at) for key in self._keys)

    def _header_input(self, header: HeaderBlock) -> tuple[list[bytes], bytes]:
        """The names for h=, and what they stand for. Of several the lowest comes first (RFC 6376 5.4.2)."""
        listed: list[bytes] = []
        canonical: list[bytes] = []
        raw = header.raw
        for name, lower, spare, always in self._names:
            fields = header.named(lower)
            if not fields and not always:
                continue
            chosen = fields[: -MOST_INSTANCES - 1 : -1]
            canonical += [relaxed_header(lower, raw[field.value : field.end]) for field in chosen]
            listed += [name] * (len(chosen) + spare)
        return listed, b"".join(canonical)

    def _field(
        self, key: DkimKey, listed: bytes, canonical: bytes, body_hash: bytes, at: int | None
    ) -> bytes:
        # The value begins on the first line: some verifiers trip over a fold right after the colon.
        time = f" t={at};" if at is not None else ""
        value = (
            f" v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n d={key.domain};\r\n s={key.selector};{time}\r\n".encode()
            + b" h=" + listed + b";\r\n bh=" + body_hash + b";\r\n b="
        )  # fmt: skip
        signed = canonical + relaxed_header(b"dkim-signature", value)[:-2]
        digits = b64encode(key.signature(signed))
        return b"DKIM-Signature:" + value + b"\r\n  ".join(_cut(digits, LINE - 4)) + b"\r\n"


def _folded_names(names: Sequence[bytes]) -> Iterator[bytes]:
    line = b""
    for at, name in enumerate(names):
        item = name + (b":" if at + 1 < len(names) else b"")
        if line and len(line) + len(item) > LINE - 4:
            yield line
            line = b"  "
        line += item
    yield line


def _cut(digits: bytes, width: int) -> list[bytes]:
    return [digits[at : at + width] for at in range(0, len(digits), width)]
