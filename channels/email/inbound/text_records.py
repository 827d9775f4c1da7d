"""TXT records, asked of the name servers that this host is set up with."""

import structlog

from channels.email.inbound.signed_by import DnsUnavailable

LONGEST = 5.0  # seconds that one question may take

_log = structlog.get_logger(__name__)


async def text_record(name: str) -> bytes | None:
    """The first TXT record, its strings joined (RFC 6376 3.6.2.2). None where there is none. DnsUnavailable."""
    import dns.asyncresolver  # noqa: PLC0415 - heavy, and seldom needed
    import dns.exception  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    try:
        answer = await dns.asyncresolver.resolve(name, "TXT", lifetime=LONGEST, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.exception.SyntaxError):
        return None
    except (dns.exception.DNSException, OSError) as error:
        _log.warning("dns_unavailable", error=type(error).__name__)
        raise DnsUnavailable(type(error).__name__) from None
    return next((b"".join(record.strings) for record in answer), None)
