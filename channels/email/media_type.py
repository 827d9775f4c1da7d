"""Content-Type, Content-Disposition and Content-Transfer-Encoding values, read as mail readers read them."""

import re
from dataclasses import dataclass, field

# RFC 2045 5.1, with what mailers send besides: unquoted values that hold tspecials.
PARAMETER = re.compile(
    rb'[;\s]*+([^\s;="()]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?+|([^;\s]*+))',
    re.DOTALL,
)
MEDIA_TYPE = re.compile(rb"\s*+([!#-'*+.0-9A-Z^-~-]++)\s*+/\s*+([!#-'*+.0-9A-Z^-~-]++)", re.IGNORECASE)
TOKEN = re.compile(rb"[^\s;()]++")
COMMENT = re.compile(rb"\([^()]*+\)")
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
LONGEST = 1 << 16  # bytes of a value; what is longer says nothing that anybody could rely on


@dataclass(frozen=True, slots=True)
class MediaType:
    """`main` and `sub` in lower case; both empty when the value cannot be read. Parameter names in lower case."""

    main: str
    sub: str
    parameters: dict[str, bytes] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.main}/{self.sub}"


# RFC 2045 5.2.
PLAIN = MediaType("text", "plain")
UNREADABLE = MediaType("", "")


def media_type(value: bytes) -> MediaType:
    """Content-Type. An empty one is as good as none; a bare `text` is what old sendmails wrote for text/plain."""
    if len(value) > LONGEST:
        return UNREADABLE
    match = MEDIA_TYPE.match(value)
    if match is None:
        return PLAIN if value.strip().lower() in (b"", b"text") else UNREADABLE
    main, sub = match[1].decode("ascii").lower(), match[2].decode("ascii").lower()
    return MediaType(main, sub, _parameters(value, match.end()))


def disposition(value: bytes) -> tuple[str, dict[str, bytes]]:
    """Content-Disposition: its type in lower case, and its parameters."""
    if len(value) > LONGEST:
        return "unreadable", {}
    match = TOKEN.match(value.lstrip())
    kind = match[0].decode("latin-1").lower() if match else ""
    return kind, _parameters(value, value.find(b";") if b";" in value else len(value))


def transfer_encoding(value: bytes) -> bytes:
    """Content-Transfer-Encoding in lower case, comments and stray semicolons off."""
    if len(value) > LONGEST:
        return b"unreadable"
    return COMMENT.sub(b"", value).strip(b" \t;").lower()


def _parameters(value: bytes, at: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    if b"(" in value and b'"' not in value:
        value = value[:at] + COMMENT.sub(b"", value[at:])
    for match in PARAMETER.finditer(value, at):
        name = match[1].decode("latin-1").lower()
        quoted = match[2]
        text = match[3] if quoted is None else ESCAPED.sub(rb"\1", quoted)
        found.setdefault(name, text)  # of two, the first counts
    return found
