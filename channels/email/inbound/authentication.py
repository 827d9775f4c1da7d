"""Authentication-Results (RFC 8601): whether the server whose word we take says that a mail is its author's.

That server puts its field above all that came with the mail, and takes out those in its own name that came
(RFC 8601 5). So only the topmost field counts, and only if it is in its name: one further down may be a stranger's.
"""

import re

from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import address_list
from channels.email.inbound.signed_by import aligned

FIELD = "authentication-results"
MOST_RESULTS = 50
# Within parentheses and quotes a semicolon ends nothing (RFC 5322 3.2.2, RFC 2045 5.1).
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*+\)")
_PART = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*+")++')
_WORD = re.compile(r'([A-Za-z][\w-]*(?:\s*\.\s*[A-Za-z][\w-]*)?)\s*=\s*("(?:[^"\\]|\\.)*+"|[^\s;"]+)')
_NESTED = 5  # comments within comments that are taken out

# Of each method that tells of a domain: the property which does, and whether it is an address or a domain.
_TELLS = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",), "dmarc": ("header.from",)}


def is_authors(received: Received, authserv_id: str) -> bool:
    """Whether the mail is of the one address in its From: a pass of DMARC, DKIM or SPF for that domain."""
    senders = address_list(received.value("from"))
    told = received.values(FIELD)
    if len(received.values("from")) != 1 or len(senders) != 1 or not told:
        return False
    name, results = _parsed(told[0])
    if name != authserv_id.lower():
        return False
    author = senders[0].rpartition("@")[2].lower()
    return any(_passes(result, author) for result in results)


def _parsed(value: str) -> tuple[str, list[dict[str, str]]]:
    """The server's name, and each result as its words: `{"dkim": "pass", "header.d": "example.com"}`."""
    for _ in range(_NESTED):
        bare = _COMMENT.sub(" ", value)
        if bare == value:
            break
        value = bare
    parts = _PART.findall(value)[:MOST_RESULTS]
    head = parts[0].split() if parts else []
    results = [
        {re.sub(r"\s", "", name).lower(): text.strip('"').lower() for name, text in _WORD.findall(part)}
        for part in parts[1:]
    ]
    return (head[0].strip('"').lower() if head else "", results)


def _passes(result: dict[str, str], author: str) -> bool:
    method = next(iter(result), "").partition("/")[0]
    if method not in _TELLS or result[method] != "pass":
        return False
    told = (result[name].rpartition("@")[2] for name in _TELLS[method] if name in result)
    return any(domain == author if method == "dmarc" else aligned(domain, author) for domain in told)
