"""Whether a webhook comes from Twilio: its signature over URL and fields (RULES 0.4, 2.2).

The URL is the one that Twilio was told, put together by the caller from the configured public URL, the raw path and
the raw query: what a proxy makes of Host and scheme proves nothing.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

Form = Sequence[tuple[str, str]]

_URL = re.compile(
    r"(https?)://(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^:/?#\[\]]*)(?::(\d+))?([/?][^#]*)?(?:#.*)?", re.DOTALL
)
_STANDARD_PORTS = {"http": "80", "https": "443"}


class Signatures:
    """By auth tokens of one account: several while they are rotated. The first one signs."""

    def __init__(self, tokens: Sequence[str]) -> None:
        if not tokens or not all(tokens):
            raise ValueError("signatures need a token, and an empty one is none")
        self._keys = tuple(token.encode() for token in tokens)

    def verify(self, url: str, header: str | None, *, form: Form | None, body: bytes | None) -> bool:
        """False for anything that is not Twilio's.

        header  X-Twilio-Signature
        form    the fields of a form, as many times as they came, blank ones and unknown ones included
        body    the raw body of anything else; both are None for a request without a body
        """
        if form is not None and body is not None:
            raise ValueError("a body is a form or it is not")
        if not header or not _URL.fullmatch(url):
            return False
        if body is not None and not _has_hash_of(body, url):
            return False
        given = header.encode("utf-8", "surrogatepass")
        fields = _fields(form or ())
        # All of them are compared, so that the time it takes tells nothing.
        matches = [
            hmac.compare_digest(_signature(key, spelling + fields), given)
            for key in self._keys
            for spelling in _spellings(url)
        ]
        return any(matches)

    def sign(self, url: str, form: Form | None = None) -> str:
        """As Twilio does. A URL for a body that is no form carries `body_hash` in its query."""
        return _signature(self._keys[0], next(_spellings(url)) + _fields(form or ())).decode()


def body_hash(body: bytes) -> str:
    """What Twilio adds to the query as bodySHA256."""
    return hashlib.sha256(body).hexdigest()


def _signature(key: bytes, text: str) -> bytes:
    # A form may hold anything, half of a surrogate pair too: then it is no form of Twilio's, and no error of ours.
    return base64.b64encode(hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha1"))


def _fields(form: Form) -> str:
    """Sorted by name, case-sensitively, then by value; one that is there twice with the same value counts once."""
    return "".join(name + value for name, value in sorted(set(form)))


def _spellings(url: str) -> Iterator[str]:
    """As given, and with and without its port: Twilio leaves a port out of the one and writes it into the other.

    User name, password and fragment are never part of it.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError("not a URL that Twilio could have been told")
    scheme, host, port, rest = found[1], found[2], found[3], found[4] or ""
    yield f"{scheme}://{host}{':' + port if port else ''}{rest}"
    yield f"{scheme}://{host}{rest}" if port else f"{scheme}://{host}:{_STANDARD_PORTS[scheme]}{rest}"


def _has_hash_of(body: bytes, url: str) -> bool:
    """The hash must be there, once: without it the signature holds for any body."""
    query = url.partition("#")[0].partition("?")[2]
    hashes = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == "bodySHA256"]
    return len(hashes) == 1 and hmac.compare_digest(
        hashes[0].lower().encode("utf-8", "surrogatepass"), body_hash(body).encode()
    )
