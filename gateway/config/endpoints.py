"""Checks on where the gateway listens and where it sends to: ports, certificates, files."""

import ssl
from collections import Counter
from pathlib import Path

from gateway.config import schema
from gateway.config.needs import Needs
from gateway.config.problems import Problems
from suppression.errors import ConfigurationError


def check(file: schema.File, problems: Problems, *, dev: bool, needs: Needs) -> None:
    """Files that are not needed are not looked at: they need not be there."""
    if not dev and not file.public_url.startswith("https://"):
        problems.note("public_url", "must begin with https:// (links in mail are followed by strangers)")
    if not dev and file.console.url is not None and not file.console.url.startswith("https://"):
        problems.note("console.url", "must begin with https:// (agents sign in there)")
    if not dev and file.next_hop is None:
        problems.note("next_hop", "is required: where mail goes")
    _check_ports(file, problems, dev=dev)
    if needs.tls:
        _check_certificate(file.smtp, problems)
    oidc = file.console.oidc
    if needs.proofs and oidc is not None and oidc.client_secret_file is not None:
        try:
            first_line(oidc.client_secret_file)
        except ConfigurationError as error:
            problems.note("console.oidc.client_secret_file", str(error))
    if needs.mail and file.next_hop is not None:
        _check_hop(file.next_hop, problems)


def _check_ports(file: schema.File, problems: Problems, *, dev: bool) -> None:
    """In dev there is no operations port."""
    operations = [] if dev else [file.operations.port]
    inbound = file.inbound.ports if file.inbound else ()
    ports = Counter([*file.smtp.ports, *file.smtp.tls_ports, *inbound, file.http.port, *operations])
    for port, count in ports.items():
        if count > 1:
            problems.note("smtp, inbound, http, operations", f"port {port} is used {count} times")


def _check_certificate(smtp: schema.Smtp, problems: Problems) -> None:
    if smtp.tls_certificate is None or smtp.tls_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(smtp.tls_certificate, smtp.tls_key)
    except ssl.SSLError as error:  # an OSError too: it comes first
        reason = "are no certificate and key in PEM that belong together"
        problems.note("smtp.tls_certificate, tls_key", f"{reason} ({error.reason or 'unreadable'})")
    except OSError as error:
        problems.note("smtp.tls_certificate, tls_key", f"cannot be read: {error.strerror}")


def _check_hop(hop: schema.NextHop, problems: Problems) -> None:
    if hop.ca_file is not None:
        try:
            ssl.create_default_context(cafile=hop.ca_file)
        except OSError as error:
            problems.note("next_hop.ca_file", f"cannot be read as certificates: {error.strerror}")
    if hop.password_file is not None:
        try:
            first_line(hop.password_file)
        except ConfigurationError as error:
            problems.note("next_hop.password_file", str(error))


def first_line(path: Path) -> str:
    """A secret that has a file of its own."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("cannot be read") from error
    if not lines or not lines[0]:
        raise ConfigurationError("is empty")
    return lines[0]
