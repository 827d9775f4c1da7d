"""What a mail is that came in, read beside the loop where that takes long."""

import asyncio

from channels.email.inbound.classify import Report, classify
from gateway.inbound.receiving import Arrived

_BESIDE = 128 * 1024  # bytes from which others would wait for it


async def read(arrived: Arrived) -> Report:
    if len(arrived.raw) > _BESIDE:
        return await asyncio.to_thread(classify, arrived.raw, arrived.mail_from)
    return classify(arrived.raw, arrived.mail_from)
