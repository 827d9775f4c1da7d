"""TLS begun on a connection that spoke plain text (RFC 3207), on asyncio's and uvloop's loops alike."""

import asyncio
import ssl

import structlog

log = structlog.get_logger(__name__)

_HANDSHAKE = 15.0  # seconds


async def secured(
    transport: asyncio.WriteTransport, protocol: asyncio.Protocol, context: ssl.SSLContext
) -> asyncio.Transport | None:
    """The transport that speaks TLS; None when the handshake failed, or the client left in it."""
    try:
        return await asyncio.get_running_loop().start_tls(
            transport, protocol, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE
        )
    except OSError as error:
        log.info("smtp_tls_failed", cause=type(error).__name__)
        return None
