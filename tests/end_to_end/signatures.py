"""DKIM signatures, verified by dkimpy against what dev.json says is in the DNS."""

from typing import Any

import dkim

from tests.channels.email.byte_checks import header_and_rest, name_of


def signatures_valid(raw: bytes, facts: dict[str, Any]) -> list[bool]:
    """One for each signature, the topmost first."""
    records = {f"{key['selector']}._domainkey.{key['domain']}.": key["txt"] for key in facts["dkim"]}

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:  # noqa: ARG001 - dkimpy's own signature
        found = records.get(name.decode())
        return found.encode() if found else None

    verifier = dkim.DKIM(raw)
    count = sum(name_of(field) == "dkim-signature" for field in header_and_rest(raw)[0])
    return [_valid(verifier, index, look_up) for index in range(count)]


def _valid(verifier: Any, index: int, look_up: Any) -> bool:
    try:
        return bool(verifier.verify(idx=index, dnsfunc=look_up))
    except dkim.ValidationError:  # a foreign one that is none
        return False
