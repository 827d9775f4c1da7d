"""The moment in which a message leaves: watched from here, by whatever way it goes."""

import time
from typing import TypeVar

from channels.carrier import Carrier, Outcome, Sent
from gateway import logs, tracing
from gateway.metrics import observed
from suppression.model import Channel
from suppression.store.permit import Permit

M = TypeVar("M")


async def send(carrier: Carrier[M], message: M, permit: Permit, channel: Channel) -> Outcome:
    """`carrier.send`, timed. What it raises, nothing left: that is no hand-over."""
    began = time.monotonic()
    with tracing.span("next hop", channel=channel.value, message=permit.message) as span:
        outcome = await carrier.send(message, permit)
        name = type(outcome).__name__.lower()
        span.note(outcome=name)
    observed.handed_over(channel.value, name, time.monotonic() - began)
    logs.access(
        "handed_over",
        message=permit.message,
        decision=permit.decision_id,
        channel=channel.value,
        outcome=name,
        reference=outcome.reference if isinstance(outcome, Sent) else "",
    )
    return outcome
