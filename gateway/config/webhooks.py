"""Webhooks as settings name them, with their secrets read and what has to fit the rest checked."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from gateway.config import schema
from gateway.config.endpoints import first_line
from gateway.config.problems import Problems
from gateway.config.receivers import SECRET, Webhook
from gateway.webhooks.signature import key_of
from gateway.webhooks.subscriptions import EventType, Subscription, Webhooks
from suppression.errors import ConfigurationError

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def load(file: schema.File, problems: Problems, *, dev: bool, read: bool = True) -> Webhooks:
    """What is wrong is noted. `read`: the secrets, too."""
    found = {}
    for name, app in file.apps.items():
        where = f"apps.{name}.webhook"
        if app.webhook is not None:
            _check_url(app.webhook, where, problems, dev=dev)
            keys = tuple(_keys(app.webhook, where, problems)) if read else ()
            types = app.webhook.events or frozenset(EventType)
            found[name] = Subscription(name, app.sender, app.webhook.url, keys, types)
        if app.on_refusal == "discard" and EventType.REFUSED not in (
            found[name].events if name in found else ()
        ):
            words = 'is required with on_refusal = "discard", and must have the event refused: nobody else hears of it'
            problems.note(where, words)
    networks = (*file.webhooks.allow_networks, *(_LOOPBACK if dev else ()))
    return Webhooks(found, networks, file.webhooks.most_waiting)


def _check_url(given: Webhook, where: str, problems: Problems, *, dev: bool) -> None:
    """Addresses of people are in what is told: not in clear over a network."""
    url = urlsplit(given.url)
    if url.scheme != "https" and not (dev and url.hostname in _LOOPBACK_NAMES):
        problems.note(f"{where}.url", "must begin with https:// (addresses of people go there)")


def _keys(given: Webhook, where: str, problems: Problems) -> Iterator[bytes]:
    """The current one first."""
    for name in ("secret", "previous_secret"):
        value: SecretStr | None = getattr(given, name)
        path: Path | None = getattr(given, f"{name}_file")
        if value is not None:
            yield key_of(value.get_secret_value())
        elif path is not None:
            yield from _from_file(path, f"{where}.{name}_file", problems)


def _from_file(path: Path, where: str, problems: Problems) -> Iterator[bytes]:
    try:
        yield key_of(first_line(path))
    except ConfigurationError as error:
        problems.note(where, str(error))
    except ValueError:
        problems.note(where, SECRET)
