"""The DNS records that a sender, and the way in for mail, need: what to publish, where, and why. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING

from channels.email.dkim import DkimKey
from suppression.model import Sender

if TYPE_CHECKING:
    from gateway.config.settings import Settings

_STRING = 255  # octets of one string of a TXT record (RFC 1035 3.3)
_SES = "include:amazonses.com"


class Kind(StrEnum):
    DKIM = "DKIM"
    SPF = "SPF"
    DMARC = "DMARC"
    MX = "MX"


@dataclass(frozen=True, slots=True)
class Expected:
    """One record. `value`: to be published as it is, or as a proposal where the company's own may say more.

    needs    what a record that is there must hold: a DKIM key's content, an SPF mechanism, the name that an MX leads
             to, for DMARC the domain that signs; "" where that is not known here
    handed_over  of an MX: a mail server of the company's may have it, and hand such mail over by LMTP
    """

    kind: Kind
    name: str
    value: str
    why: str
    needs: str = ""
    handed_over: bool = False

    @property
    def type(self) -> str:
        return "MX" if self.kind is Kind.MX else "TXT"

    @property
    def zone_line(self) -> str:
        """As a zone file has it."""
        content = f"{self.value}." if self.type == "MX" else strings(self.value)
        return f"{self.name}. 3600 IN {self.type} {content}"


@dataclass(frozen=True, slots=True)
class Premises:
    """Where mail leaves from and comes in.

    permits   the SPF mechanism that covers where it leaves from
    inbound   the domain for mail that comes back; "" for none
    listens   whether the gateway itself takes such mail by SMTP; by_lmtp: a mail server hands it over
    """

    hostname: str
    permits: str
    inbound: str = ""
    listens: bool = True
    by_lmtp: bool = False


def premises(settings: "Settings") -> Premises:
    given, hop = settings.inbound, settings.given.next_hop
    permits = _SES if hop is not None and hop.profile == "ses" else f"a:{_leaves_from(settings)}"
    if given is None:
        return Premises(settings.hostname, permits)
    by_lmtp = given.lmtp_port is not None or given.lmtp_socket is not None
    return Premises(settings.hostname, permits, given.domain, given.port is not None, by_lmtp)


def _leaves_from(settings: "Settings") -> str:
    """The next hop, if others can know it by that name; else this host."""
    hop = settings.given.next_hop
    return hop.host if hop is not None and _is_public_name(hop.host) else settings.hostname


def _is_public_name(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localdomain"))
    return False


def of_sender(sender: Sender, keys: Sequence[DkimKey], where: Premises) -> tuple[Expected, ...]:
    """DKIM for each key; SPF and DMARC for each domain that its mail is from."""
    domains = domains_of(sender)
    return (
        *(_dkim(key) for key in keys),
        *(
            _spf(domain, where, "Permits the host that mail from this domain leaves from.")
            for domain in domains
        ),
        *(_dmarc(domain, [key.domain for key in keys]) for domain in domains),
    )


def of_inbound(where: Premises) -> tuple[Expected, ...]:
    """Where bounces, complaints and unsubscribe mails come in; none without such a way in."""
    if not where.inbound:
        return ()
    names = {
        where.inbound: "Complaints come to this domain.",
        f"u.{where.inbound}": "Unsubscribe mails come to this domain.",
        f"b.{where.inbound}": "Bounces come to this domain: it is the return path of mail with a way out.",
    }
    sending = [name for name in names if name != where.inbound]
    why = "Mail is sent with this domain as its return path."
    return (
        *(_mx(name, where, said) for name, said in names.items()),
        *(
            _spf(name, where, why if name.startswith("b.") else "Like any domain that mail may be from.")
            for name in sending
        ),
    )


def domains_of(sender: Sender) -> tuple[str, ...]:
    """Those that its mail is from, each once."""
    own = sender.from_address.rpartition("@")[2]
    found = (*(domain for domain in sender.from_domains if domain != "*"), *((own,) if own else ()))
    return tuple(dict.fromkeys(domain.lower() for domain in found))


def signing(domain: str, keys: Iterable[str]) -> str:
    """The nearest domain at or above it whose key signs; "" for none."""
    above = [key for key in keys if domain == key or domain.endswith("." + key)]
    return max(above, key=len, default="")


def _dkim(key: DkimKey) -> Expected:
    value = key.dns_txt()
    return Expected(Kind.DKIM, key.name, value, "Proves our signature in mail from this domain.", value)


def _spf(name: str, where: Premises, why: str) -> Expected:
    return Expected(Kind.SPF, name, f"v=spf1 {where.permits} ~all", why, where.permits)


def _dmarc(domain: str, keys: Iterable[str]) -> Expected:
    why = "Says what becomes of mail that only claims to be from this domain. Later: p=quarantine, then p=reject."
    return Expected(Kind.DMARC, f"_dmarc.{domain}", "v=DMARC1; p=none", why, signing(domain, keys))


def _mx(name: str, where: Premises, why: str) -> Expected:
    if not where.listens:
        why = f"{why} Name your mail server, which hands it over by LMTP."
    needs = where.hostname if where.listens else ""
    return Expected(Kind.MX, name, f"10 {where.hostname}", why, needs, where.by_lmtp)


def strings(text: str) -> str:
    """A TXT record's content in strings that are not too long."""
    parts = [text[start : start + _STRING] for start in range(0, len(text), _STRING)] or [""]
    return " ".join(f'"{part}"' for part in parts)
