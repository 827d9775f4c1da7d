"""Spans by OpenTelemetry, for whoever installed the extra and named a collector; nothing at all otherwise.

Attributes are channels, purposes, outcomes, codes and ids of ours. No address, no content.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING

from suppression.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SpanExporter

Attribute = str | int


class Span:
    """What is told of one while it lasts; this one is nothing."""

    def note(self, **attributes: Attribute) -> None:
        """What became known of it."""

    def answered(self, name: str, status: int) -> None:
        """Of a request: its route and status."""


class _Recorded(Span):
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, **attributes: Attribute) -> None:
        self._span.set_attributes({f"gateway.{name}": value for name, value in attributes.items()})

    def answered(self, name: str, status: int) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an extra

        self._span.update_name(name)
        method, _, route = name.partition(" ")
        self._span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        )
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)


_NOTHING = nullcontext(Span())


class _Tracer:
    """One process's, once it began. `close`: sends what waits."""

    tracer: trace.Tracer | None = None
    close: Callable[[], None]


def begin(endpoint: str, sample: float, exporter: SpanExporter | None = None) -> None:
    """From now on spans are sent to the collector at this URL. ConfigurationError without the extra.

    `sample`: the share of traces that are kept; who calls with a traceparent decides for its own.
    """
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError("traces need the extra: pip install 'suppression-gateway[otel]'") from error
    about = {"service.name": "suppression-gateway", "service.version": version("suppression-gateway")}
    provider = TracerProvider(
        resource=Resource.create(about),
        sampler=ParentBased(TraceIdRatioBased(sample)),
        shutdown_on_exit=False,
    )
    if exporter is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    else:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    _Tracer.tracer = provider.get_tracer("gateway")
    _Tracer.close = provider.shutdown


def end() -> None:
    """What waits is sent; then there are no spans any more."""
    if _Tracer.tracer is not None:
        _Tracer.close()
    _Tracer.tracer = None


def span(name: str, **attributes: Attribute) -> AbstractContextManager[Span]:
    """What is done within it is below it."""
    return _NOTHING if _Tracer.tracer is None else _span(_Tracer.tracer, name, attributes)


def request(trace_parent: str, own: str) -> AbstractContextManager[Span]:
    """An HTTP request, below the caller's own span if it told of one. `own`: the request's id in log lines."""
    if _Tracer.tracer is None:
        return _NOTHING
    return _span(_Tracer.tracer, "request", {"request": own}, trace_parent)


@contextmanager
def _span(
    tracer: trace.Tracer, name: str, attributes: dict[str, Attribute], trace_parent: str = ""
) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - an extra
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    carried = {"traceparent": trace_parent} if trace_parent else {}
    above = TraceContextTextMapPropagator().extract(carried) if carried else None
    kind = SpanKind.SERVER if name in {"request", "smtp message"} else SpanKind.INTERNAL
    begun = tracer.start_as_current_span(
        name, above, kind=kind, record_exception=False, set_status_on_exception=False
    )
    with begun as current:
        recorded = _Recorded(current)
        recorded.note(**attributes)
        try:
            yield recorded
        except BaseException as error:
            current.set_status(StatusCode.ERROR, type(error).__name__)  # its words may hold an address
            raise


def past(name: str, seconds: float, **attributes: Attribute) -> None:
    """What took so long and has just ended, below the span that is current."""
    if _Tracer.tracer is not None:
        now = time.time_ns()
        ended = _Tracer.tracer.start_span(name, start_time=now - int(seconds * 1e9))
        _Recorded(ended).note(**attributes)
        ended.end(now)


def carried() -> dict[str, str]:
    """The header that tells a receiver of the span that is current (W3C Trace Context); none without one."""
    if _Tracer.tracer is None:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return {name: value for name, value in headers.items() if name == "traceparent"}
