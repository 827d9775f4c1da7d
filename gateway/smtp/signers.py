"""Which DKIM keys of a sender sign a mail: those of its From domain, where it has exactly one From address."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from channels.email.compose import Copy, Original
from channels.email.dkim import DkimKey, Signer
from suppression.address import parse_email
from suppression.errors import UnusableAddress


@dataclass(frozen=True, slots=True)
class Signers:
    """`by_domain`: the keys. `any_from`: the domain whose keys sign whatever From there is (dev only)."""

    by_domain: Mapping[str, Signer] = field(default_factory=dict)
    any_from: str | None = None

    @classmethod
    def of(
        cls,
        keys: Iterable[DkimKey],
        *,
        any_from: str | None = None,
        unsigned_headers: frozenset[str] = frozenset(),
    ) -> "Signers":
        domains: dict[str, list[DkimKey]] = {}
        for key in keys:
            domains.setdefault(key.domain, []).append(key)
        signers = {domain: Signer(of_domain, unsigned_headers) for domain, of_domain in domains.items()}
        return cls(signers, any_from)

    def signing(self, from_domain: str) -> str | None:
        """The domain (d=) whose keys sign for that From domain; None: no keys.

        It, or the nearest above it: DMARC takes that for the same (RFC 7489 3.1.1), and so do the settings.
        """
        labels = from_domain.split(".")
        upwards = (".".join(labels[start:]) for start in range(len(labels)))
        return next((domain for domain in upwards if domain in self.by_domain), self.any_from)

    def also_signing(self, domain: str, address_domain: str) -> str | None:
        """The domain whose keys sign too, so that a complaints address is covered (RFC 9477 3.1): `domain` itself
        where the address is at or below it. None: no keys cover it.
        """
        if address_domain == domain or address_domain.endswith("." + domain):
            return domain
        labels = address_domain.split(".")
        upwards = (".".join(labels[start:]) for start in range(len(labels)))
        return next((found for found in upwards if found in self.by_domain), None)

    def sign(self, domains: Iterable[str], copy: Copy) -> bytes:
        at = int(time.time())
        return b"".join(self.by_domain[domain].sign(copy, at) for domain in dict.fromkeys(domains))

    def untouched(self, original: Original, copy: Copy) -> bytes:
        """For mail that we left alone: signed if it is from one of our domains, and not by that domain yet."""
        from_domain = one_from_domain(original)
        domain = self.signing(from_domain) if from_domain else None
        if domain is None or domain in copy.signature_domains:
            return b""
        return self.sign([domain], copy)


def one_from_domain(original: Original) -> str | None:
    """The domain of the one From address, in A-labels; None where there is not exactly one."""
    if original.from_count != 1 or len(original.from_addresses) != 1:
        return None
    try:
        return parse_email(original.from_addresses[0]).text.rpartition("@")[2]
    except UnusableAddress:
        return None
