"""What an ID token says of somebody, in our words: a name of his own, and the strongest of his roles. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.state.agents import Role
from suppression.errors import NotPermitted

# Who has several roles has the strongest.
_STRONGEST_FIRST = (Role.ADMIN, Role.SUPERVISOR, Role.AGENT, Role.AUDITOR)


class NoRole(NotPermitted):
    peer_text = "your company account has no role in this console: ask an admin"


@dataclass(frozen=True, slots=True)
class Person:
    """`identity` is his for good; the rest of the name is for people to read, and may change at the provider."""

    called: str
    identity: str
    title: str
    role: Role

    def name_among(self, known: Iterable[str]) -> str:
        """What he was called when he first came: who is disabled here stays so under another name there."""
        end = f".{self.identity}"
        return next((name for name in known if name.endswith(end)), self.called + end)


def person_of(claims: Mapping[str, Any], role_claim: str, meanings: Mapping[str, Role]) -> Person:
    """NoRole for who has none of them. `meanings`: what the provider says to what it means here."""
    said = _values(claims, role_claim)
    roles = {meanings[one] for one in said if one in meanings}
    role = next((role for role in _STRONGEST_FIRST if role in roles), None)
    if role is None:
        raise NoRole("no role of ours")
    who = hashlib.sha256(f"{claims['iss']}|{claims['sub']}".encode()).hexdigest()[:16]
    # Part of the name is a hash: whoever may choose his name there is nobody else of here.
    called = re.sub(r"[^a-z0-9]+", "-", str(claims.get("preferred_username", "")).partition("@")[0].lower())
    title = str(claims.get("name") or claims.get("preferred_username") or who)
    return Person(called.strip("-")[:40] or "agent", who, title, role)


def _values(claims: Mapping[str, Any], name: str) -> list[str]:
    """A claim of that name, else one within another: realm_access.roles."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)]
