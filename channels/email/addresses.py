"""The addresses of a From field: an RFC 5322 3.4 address list, with all that section 4.4 still allows.

Display names are passed over. What cannot be read yields no address: the caller then has not exactly one.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

TOKEN = re.compile(
    rb'"(?P<quoted>(?:[^"\\]|\\.)*+)"?+'  # RFC 5322 3.2.4
    rb"|(?P<literal>\[(?:[^\[\]\\]|\\.)*+\]?+)"  # RFC 5322 3.4.1
    rb"|(?P<special>[<>,;:@])"
    rb"|(?P<comment>\()"
    rb"|(?P<blank>[ \t\r\n\x0b\x0c]++)"
    rb'|(?P<atom>[^ \t\r\n\x0b\x0c"\[<>,;:@()]++)'
    rb"|(?P<stray>.)",
    re.DOTALL,
)
LONGEST = 1 << 16  # bytes of a value
COMMENT_TOKEN = re.compile(rb"\\.|[()]|[^\\()]++|\\", re.DOTALL)


def addresses(value: bytes) -> list[str]:
    """The addr-specs in an unfolded field value, in order: `local@domain`, comments and blanks taken out."""
    if len(value) > LONGEST:
        return []
    found: list[str] = []
    mailbox: list[bytes] = []  # the tokens of the present list entry
    angle = False
    for token in _tokens(value):
        if token == b"<":
            mailbox, angle = [], True
        elif token == b">":
            found += _addr_spec(_without_route(mailbox))
            mailbox, angle = [b"<>"], False  # what follows up to the comma is no second address
        elif token in (b",", b";") and not angle:
            found += _addr_spec(mailbox)
            mailbox = []
        elif token == b":" and not angle:
            mailbox = []  # the name of a group
        else:
            mailbox.append(token)
    return found + _addr_spec(_without_route(mailbox) if angle else mailbox)


def _tokens(value: bytes) -> Iterator[bytes]:
    at = 0
    while (match := TOKEN.match(value, at)) is not None:
        at = match.end()
        match match.lastgroup:
            case "comment":
                at = _comment_end(value, at)
            case "blank":
                pass
            case "quoted":
                yield b'"' + match["quoted"] + b'"'
            case _:
                yield match[0]


def _comment_end(value: bytes, at: int) -> int:
    depth = 1
    for token in COMMENT_TOKEN.finditer(value, at):
        depth += (token[0] == b"(") - (token[0] == b")")
        if depth == 0:
            return token.end()
    return len(value)


def _without_route(tokens: list[bytes]) -> list[bytes]:
    # RFC 5322 4.4: <@one,@two:local@domain>.
    if tokens[:1] == [b"@"] and b":" in tokens:
        return tokens[tokens.index(b":") + 1 :]
    return tokens


def _addr_spec(tokens: list[bytes]) -> list[str]:
    """One address, or none where the tokens are no addr-spec. Outside angle brackets a phrase has no "@"."""
    if tokens.count(b"@") != 1:
        return []
    at = tokens.index(b"@")
    local, domain = tokens[:at], tokens[at + 1 :]
    if not _joined(local) or not _joined(domain):
        return []
    return [(b"".join(local) + b"@" + b"".join(domain)).decode("utf-8", "replace")]


def _joined(words: list[bytes]) -> bool:
    """Whether these are words with dots between them (blanks may stand around the dots), and nothing else."""
    text = b"".join(words)
    apart = any(not left.endswith(b".") and not right.startswith(b".") for left, right in pairwise(words))
    return bool(text) and not apart and not any(word in (b"<>", b"<", b",", b";", b":") for word in words)
