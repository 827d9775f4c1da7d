"""TLS begun on a connection that spoke plain text (RFC 3207), on asyncio's and uvloop's loops alike."""

import asyncio
import ssl

import structlog

log = structlog.get_logger(__name__)

_HANDSHAKE = 15.0  # seconds
# Seconds for the client's part of TLS's farewell: an idle one never says it, and would hold up a drain.
_FAREWELL = 2.0


async def secured(
    transport: asyncio.WriteTransport, protocol: asyncio.Protocol, context: ssl.SSLContext
) -> asyncio.Transport | None:
    """The transport that speaks TLS; None when the handshake failed, or the client left in it."""
    try:
        return await asyncio.get_running_loop().start_tls(
            transport, protocol, context, server_side=True,
            ssl_handshake_timeout=_HANDSHAKE, ssl_shutdown_timeout=_FAREWELL,
        )  # fmt: skip
    except OSError as error:
        log.info("smtp_tls_failed", cause=type(error).__name__)
        return None
