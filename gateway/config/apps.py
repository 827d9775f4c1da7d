"""Apps as settings name them, turned into those of the domain, and what has to fit their sender and catalogue."""

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network

from gateway.config import schema
from gateway.config.problems import Problems
from suppression.errors import UnknownPurpose
from suppression.model import ALL, App, Channel, Sender
from suppression.purposes import SYSTEM, Catalogue

Network = IPv4Network | IPv6Network
ClientNetworks = tuple[tuple[Network, str], ...]

_NO_MARKETING = frozenset({"transactional", "service"})


def load(
    given: Mapping[str, schema.App], senders: Collection[str], catalogue: Catalogue, problems: Problems
) -> dict[str, App]:
    """By name; what is wrong is noted. `senders`: all names that settings know."""
    apps = {}
    for name, app in given.items():
        where = f"apps.{name}"
        if app.sender not in senders:
            problems.note(f"{where}.sender", f"there is no sender {app.sender}")
        apps[name] = App(
            name=name,
            sender=app.sender,
            purposes=_purposes(app, where, catalogue, problems),
            channels=app.channels,
            default_purpose=_default(app, where, catalogue, problems),
            purpose_from=app.purpose_from,
            may_resubscribe=app.may_resubscribe,
            on_refusal=app.on_refusal,
        )
    return apps


def _purposes(app: schema.App, where: str, catalogue: Catalogue, problems: Problems) -> tuple[str, ...]:
    if not app.purposes:
        problems.note(f"{where}.purposes", "is empty: the app could send nothing")
    nodes = []
    for path in app.purposes:
        try:
            nodes.append(catalogue.node(path))
        except UnknownPurpose as error:
            problems.note(f"{where}.purposes", f"{path}: {error}")
    return tuple(nodes)


def _default(app: schema.App, where: str, catalogue: Catalogue, problems: Problems) -> str | None:
    if app.default_purpose is None:
        return None
    where = f"{where}.default_purpose"
    try:
        path = catalogue.find(app.default_purpose).path
    except UnknownPurpose as error:
        problems.note(where, f"{app.default_purpose}: {error}")
        return None
    if path.partition("/")[0] == SYSTEM:
        problems.note(where, "system/ is the gateway's own")
    elif not any(_within(path, prefix) for prefix in app.purposes):
        problems.note(where, f"{path} is not among the app's purposes")
    return path


def _within(path: str, prefix: str) -> bool:
    return prefix in (ALL, path) or path.startswith(prefix + "/")


def check_postal_addresses(
    apps: Iterable[App], senders: Mapping[str, schema.Sender], catalogue: Catalogue, problems: Problems
) -> None:
    """Marketing mail must name where its sender is to be found: in its footer."""
    for app in apps:
        sender = senders.get(app.sender)
        if sender and not sender.postal_address and _may_market(app, Channel.EMAIL, catalogue):
            problems.note(
                f"senders.{app.sender}.postal_address", f"is required: app {app.name} may send marketing mail"
            )


def check_opt_out_lines(
    apps: Iterable[App], senders: Mapping[str, Sender], catalogue: Catalogue, problems: Problems
) -> None:
    """47 CFR 64.1200(b)(3): an answering machine must be told a number to call."""
    for app in apps:
        calls = senders[app.sender].calls if app.sender in senders else None
        if calls and not calls.opt_out_line and _may_market(app, Channel.VOICE, catalogue):
            problems.note(
                f"senders.{app.sender}.calls.opt_out_line",
                f"is required: app {app.name} may make marketing calls",
            )


def _may_market(app: App, channel: Channel, catalogue: Catalogue) -> bool:
    if app.channels and channel not in app.channels:
        return False
    usable = (
        leaf
        for leaf in catalogue.purposes.values()
        for prefix in app.purposes
        if _within(leaf.path, prefix) or _within(prefix, leaf.path.removesuffix("/*"))
    )
    return any(leaf.class_ not in _NO_MARKETING and channel in leaf.channels for leaf in usable)


def client_networks(given: Mapping[str, schema.App], problems: Problems) -> ClientNetworks:
    """Whose clients come from where. An address may be of one app only."""
    found: list[tuple[Network, str]] = []
    for name, app in given.items():
        for network in app.networks:
            for other, owner in found:
                if owner != name and network.version == other.version and network.overlaps(other):
                    problems.note(f"apps.{name}.networks", f"{network} overlaps {other} of app {owner}")
            found.append((network, name))
    return tuple(found)
