"""Which sockets a gateway of some roles has: by what is spoken there, and the port or path."""

import contextlib
import socket
from collections.abc import Iterator

from gateway.config.roles import ALL, Role
from gateway.config.settings import Settings
from gateway.processes import listeners

Sockets = dict[str, socket.socket]
Wanted = tuple[str, str, int]  # what is spoken, host, port

SMTP, SMTPS, INBOUND, LMTP, HTTP, OPERATIONS = "smtp", "smtps", "inbound", "lmtp", "http", "operations"


@contextlib.contextmanager
def listening(settings: Settings, roles: frozenset[Role] = ALL) -> Iterator[Sockets]:
    """Sockets named "smtp:587". Whatever the roles, the gateway can be asked for its health."""
    wanted = [*(_mail(settings) if Role.SMTP in roles else ())]
    if Role.HTTP in roles:
        wanted.append((HTTP, settings.http.host, settings.http.port))
    wanted.append((OPERATIONS, settings.operations.host, settings.operations.port))
    inbound = settings.inbound
    with contextlib.ExitStack() as bound:
        sockets = {
            f"{kind}:{port}": bound.enter_context(listeners.bind(host, port)) for kind, host, port in wanted
        }
        if Role.SMTP in roles and inbound is not None and inbound.lmtp_socket is not None:
            path = inbound.lmtp_socket
            sockets[f"{LMTP}:{path}"] = bound.enter_context(listeners.bind_path(path))
            bound.callback(path.unlink, missing_ok=True)
        yield sockets


def _mail(settings: Settings) -> Iterator[Wanted]:
    for port in settings.smtp.ports:
        yield SMTP, settings.smtp.host, port
    for port in settings.smtp.tls_ports:
        yield SMTPS, settings.smtp.host, port
    inbound = settings.inbound
    if inbound is not None and inbound.port is not None:
        yield INBOUND, inbound.host, inbound.port
    if inbound is not None and inbound.lmtp_port is not None:
        yield LMTP, inbound.lmtp_host, inbound.lmtp_port
