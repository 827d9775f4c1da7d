"""Senders as settings name them, turned into those of the domain; and their DKIM keys."""

from collections.abc import Mapping
from pathlib import Path

from channels.email.dkim import DkimKey
from gateway.config import mailboxes, numbers, schema
from gateway.config.problems import Problems
from suppression.address import parse_email, parse_phone
from suppression.errors import ConfigurationError, UnknownPurpose, UnusableAddress
from suppression.model import Sender, SoftOptIn
from suppression.purposes import Catalogue, ConsentNeed


def load(
    given: Mapping[str, schema.Sender],
    public_host: str,
    problems: Problems,
    *,
    catalogue: Catalogue,
    dev: bool,
) -> dict[str, Sender]:
    """By name; what is wrong is noted."""
    senders = {}
    for name, sender in given.items():
        where = f"senders.{name}"
        _check_domains(sender, where, problems, dev=dev)
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
            return_path=sender.return_path,
            **mailboxes.load(sender, where, problems),
            texts=numbers.texts(sender.texts, where, problems),
            calls=numbers.calls(sender.calls, where, problems),
        )
    numbers.check_apart(senders, problems)
    return senders


def dkim_keys(given: Mapping[str, schema.Sender], problems: Problems) -> dict[str, tuple[DkimKey, ...]]:
    """By sender's name."""
    return {name: _keys(sender, f"senders.{name}", problems) for name, sender in given.items()}


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
            keys.append(_key(given))
        except ConfigurationError as error:
            problems.note(f"{here}.key_file", str(error))
    return tuple(keys)


def _key(given: schema.Dkim) -> DkimKey:
    """ConfigurationError for a file that is missing, or holds no key that may sign."""
    return DkimKey.from_pem(given.domain, given.selector, _bytes(given.key_file))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}") from error
