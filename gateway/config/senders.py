"""Senders as settings name them, turned into those of the domain, with their DKIM keys read."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from gateway.config import schema
from gateway.config.problems import Problems
from suppression.address import parse_email, parse_phone
from suppression.errors import ConfigurationError, UnknownPurpose, UnusableAddress
from suppression.model import Sender, SoftOptIn
from suppression.purposes import Catalogue, ConsentNeed

MIN_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class DkimKey:
    """What a sender signs with. Its record is at `selector`._domainkey.`domain`."""

    domain: str
    selector: str
    key_file: Path
    private_key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def dns_record(self) -> str:
        """The TXT record (RFC 6376 3.6.1). RFC 8463 4.2: of an Ed25519 key its bare 32 bytes."""
        public = self.private_key.public_key()
        if isinstance(public, RSAPublicKey):
            kind, raw = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind, raw = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode()}"


def load(
    given: Mapping[str, schema.Sender],
    public_host: str,
    problems: Problems,
    *,
    catalogue: Catalogue,
    dev: bool,
) -> tuple[dict[str, Sender], dict[str, tuple[DkimKey, ...]]]:
    """Senders and their keys, by name; what is wrong is noted."""
    senders, keys = {}, {}
    for name, sender in given.items():
        where = f"senders.{name}"
        _check_domains(sender, where, problems, dev=dev)
        keys[name] = _keys(sender, where, problems)
        senders[name] = Sender(
            name=name,
            title=sender.title,
            postal_address=sender.postal_address,
            from_domains=sender.from_domains,
            list_domain=sender.list_domain or _list_domain(sender, public_host),
            support_phone=_phone(sender.support_phone, where, problems),
            minimum_age=sender.minimum_age,
            one_click_stops=sender.one_click_stops,
            from_address=_from_address(sender, where, public_host, problems, dev=dev),
            language=sender.language,
            logo_url=sender.theme.logo_url or "",
            colour=sender.theme.colour or "",
            soft_opt_in=_soft_opt_in(sender, where, catalogue, problems),
        )
    return senders, keys


def _list_domain(sender: schema.Sender, public_host: str) -> str:
    return next((domain for domain in sender.from_domains if domain != "*"), public_host)


def _soft_opt_in(
    sender: schema.Sender, where: str, catalogue: Catalogue, problems: Problems
) -> SoftOptIn | None:
    """Only what needs a yes can get one by a sale."""
    given = sender.soft_opt_in
    if given is None:
        return None
    for path in given.purposes:
        try:
            needs = catalogue.find(path).channels.values()
        except UnknownPurpose as error:
            problems.note(f"{where}.soft_opt_in.purposes", f"{path}: {error}")
        else:
            if ConsentNeed.OPT_IN not in needs:
                problems.note(f"{where}.soft_opt_in.purposes", f"{path} needs no opt-in")
    return SoftOptIn(given.purposes, given.months)


def _from_address(
    sender: schema.Sender, where: str, public_host: str, problems: Problems, *, dev: bool
) -> str:
    """Ours to use: mail from a domain that is not signed for is mistrusted everywhere."""
    signed = [key.domain for key in sender.dkim]
    if sender.from_address is None:
        domain = sender.list_domain or _list_domain(sender, public_host)
        return "noreply@" + (domain if domain in signed or not signed else signed[0])
    try:
        address = parse_email(sender.from_address).text
    except UnusableAddress:
        address = ""
    if not address.isascii() or '"' in address or "@" not in address:
        problems.note(f"{where}.from_address", "must be an address like news@example.com, in ASCII")
    elif not dev and address.rpartition("@")[2] not in signed:
        problems.note(f"{where}.from_address", "its domain has no DKIM key: add one under dkim")
    return address


def _check_domains(sender: schema.Sender, where: str, problems: Problems, *, dev: bool) -> None:
    """Mail from a domain that is not signed for would be refused, every time."""
    if dev:
        return
    signed = {key.domain for key in sender.dkim}
    for domain in sender.from_domains:
        if domain == "*":
            problems.note(f"{where}.from_domains", '"*" is for `gateway dev`: name the domains')
        elif not any(domain == parent or domain.endswith("." + parent) for parent in signed):
            problems.note(f"{where}.from_domains", f"{domain} has no DKIM key: add one under dkim")


def _phone(text: str, where: str, problems: Problems) -> str:
    if not text:
        return ""
    try:
        return parse_phone(text).text
    except UnusableAddress:
        problems.note(f"{where}.support_phone", "must be a phone number like +12025550100")
        return ""


def _keys(sender: schema.Sender, where: str, problems: Problems) -> tuple[DkimKey, ...]:
    keys = []
    seen = set()
    for number, given in enumerate(sender.dkim):
        here = f"{where}.dkim[{number}]"
        if (given.domain, given.selector) in seen:
            problems.note(here, "this domain and selector are named twice: a record holds one key")
        seen.add((given.domain, given.selector))
        try:
            private_key = read_key(given.key_file)
        except ConfigurationError as error:
            problems.note(f"{here}.key_file", str(error))
        else:
            keys.append(DkimKey(given.domain, given.selector, given.key_file, private_key))
    return tuple(keys)


def read_key(path: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    """An unencrypted PEM key to sign with. RFC 8301 3.2: RSA keys have 2048 bits at least here."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError("is no private key in PEM without a password") from error
    if isinstance(key, RSAPrivateKey) and key.key_size < MIN_RSA_BITS:
        raise ConfigurationError(f"RSA key of {key.key_size} bits: {MIN_RSA_BITS} at least")
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigurationError("must be an RSA or Ed25519 key")
    return key
