"""Our own TLS: what the certificate says, and what a mail client that connects now would see."""

import asyncio
import smtplib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from gateway.doctor.findings import Finding, Findings, fail, ok, warn

TLS = "tls"
_SOON = timedelta(days=14)
_RENEW = "Replace the file (certbot, acme.sh) and send the gateway SIGHUP or start it anew."
_PATIENCE = 5.0  # seconds


def look_at_file(path: Path, hostname: str, now: datetime | None = None) -> Findings:
    """The first of the file is ours; the others lead to who vouches for it."""
    chain = x509.load_pem_x509_certificates(path.read_bytes())
    return [_dates(chain[0], now or datetime.now(UTC)), _names(chain[0], hostname), *_chain(chain)]


def _dates(certificate: x509.Certificate, now: datetime) -> Finding:
    left = certificate.not_valid_after_utc - now
    if left < timedelta(0):
        return fail(TLS, f"The certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}.", _RENEW)
    if certificate.not_valid_before_utc > now:
        return fail(
            TLS, "The certificate is not valid yet.", "Look at this host's clock, and at the certificate."
        )
    said = f"The certificate is good for {left.days} more days."
    return warn(TLS, said, _RENEW) if left < _SOON else ok(TLS, said)


def _names(certificate: x509.Certificate, hostname: str) -> Finding:
    try:
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = known.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        names = []
    covered = {hostname, "*." + hostname.partition(".")[2]}
    if covered.intersection(name.lower() for name in names):
        return ok(TLS, f"It is for {hostname}.")
    todo = "Get one with that name as a subjectAltName, or set smtp.hostname to a name that it has."
    return fail(TLS, f"The certificate is not for {hostname}: clients that check refuse it.", todo)


def _chain(chain: list[x509.Certificate]) -> Findings:
    if chain[0].issuer == chain[0].subject:
        todo = "Fine if every app was given this certificate; else get one from an authority."
        return [warn(TLS, "The certificate is self-signed.", todo)]
    if len(chain) == 1:
        todo = "Put the authority's intermediate certificates below it in the same file."
        return [
            warn(TLS, "The file has one certificate alone: clients may not find who vouches for it.", todo)
        ]
    return []


async def look_at_port(host: str, port: int, hostname: str) -> Findings:
    """As a client that verifies."""
    try:
        return [await asyncio.to_thread(_greet, host, port, hostname)]
    except ssl.SSLCertVerificationError as error:
        said = f"A client that verifies our certificate on port {port} refuses it: {error.verify_message}"
        return [
            warn(TLS, said, "Fine if apps trust your own authority; else put the whole chain into the file.")
        ]
    except (OSError, smtplib.SMTPException) as error:
        said = f"Port {port} of this host gives no SMTP session ({type(error).__name__})."
        return [warn(TLS, said, "Start the gateway, and ask again.")]


def _greet(host: str, port: int, hostname: str) -> Finding:
    with smtplib.SMTP(host, port, timeout=_PATIENCE) as talk:
        talk.ehlo()
        if not talk.has_extn("starttls"):
            todo = "Set smtp.tls_certificate and tls_key, and start the gateway anew."
            return fail(TLS, f"Port {port} offers no STARTTLS: apps cannot authenticate.", todo)
        talk._host = hostname  # type: ignore[attr-defined]  # noqa: SLF001 - the name that is verified; we connect by address
        talk.starttls(context=ssl.create_default_context())
    return ok(TLS, f"Port {port} offers STARTTLS, and the certificate is trusted.")
