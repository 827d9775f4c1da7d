"""List-Unsubscribe, List-Unsubscribe-Post and List-Id, byte for byte and folded by hand.

Library serialisers break long URIs into encoded words, which no mailbox provider reads.
"""

import re
from functools import lru_cache

from channels.email.charsets import to_ascii
from channels.email.ways_out import WaysOut, one_line, safe_uri

# RFC 2369 3: no more than one of each, so what came with the message goes.
REPLACED = frozenset({b"list-unsubscribe", b"list-unsubscribe-post"})
LIST_ID = b"list-id"
# RFC 8058 3.1: exactly this, at most one blank after the colon.
ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
LABEL = re.compile(r"[^A-Za-z0-9.-]+")
UNQUOTED = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")  # RFC 5322 3.2.3: atoms
MAX_LIST_ID = 255  # RFC 2919 3
MAX_TITLE = 60


def list_headers(ways: WaysOut, *, list_id: bool) -> bytes:
    """The field lines; `list_id`: add a List-Id as well."""
    lines = b"List-Unsubscribe: <" + safe_uri(ways.header_url).encode("ascii") + b">"
    if ways.mailto:
        # RFC 8058 3.1: besides the one https URI there may be others; the left one is preferred.
        lines += b",\r\n <" + _mailto(ways.mailto) + b">"
    lines += b"\r\n" + ONE_CLICK
    return lines + _list_id(ways.list_title, ways.list_id) if list_id else lines


def _mailto(address: str) -> bytes:
    uri = address if address.startswith("mailto:") else f"mailto:{address}"
    return safe_uri(uri).encode("ascii")


@lru_cache(maxsize=1024)
def _list_id(list_title: str, list_id: str) -> bytes:
    label = LABEL.sub("-", to_ascii(list_id)).strip(".-")[:MAX_LIST_ID]
    title = to_ascii(one_line(list_title)).strip()[:MAX_TITLE].strip()
    if not UNQUOTED.fullmatch(title):
        title = '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
    phrase = f"{title} " if title else ""
    fold = "\r\n " if len(phrase) + len(label) + len("List-Id: <>") > 78 and phrase else ""
    return f"List-Id: {phrase.rstrip() if fold else phrase}{fold}<{label}>\r\n".encode("ascii")
