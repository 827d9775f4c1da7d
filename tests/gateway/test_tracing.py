"""Spans: what is within what, that they hold no address, and that without settings there are none."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway import tracing
from gateway.metrics import observed
from suppression.records import Record, RecordKind
from tests.gateway.http.world import FakeWorld, fake_world

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.begin("http://unused.example.com", 1.0, exporter)
    yield exporter
    tracing.end()


def named(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def trace_of(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.trace_id:032x}"


def test_without_a_collector_there_is_nothing() -> None:
    with tracing.span("decision", channel="email") as span:
        span.note(code=1)
        assert tracing.carried() == {}
    tracing.past("store commit", 0.1)


def test_a_store_step_is_within_its_decision_and_lasted_as_long_as_was_said(
    exporter: InMemorySpanExporter,
) -> None:
    with tracing.span("smtp message", port="submission"), observed.deciding("email"):
        observed.logged(Record(RecordKind.HANDING_OVER, 1, channel="email", outcome="send"), 0.25)
    found = named(exporter)
    message, decision, commit = (found[name] for name in ("smtp message", "decision", "store commit"))

    assert message.context is not None
    assert decision.context is not None
    assert decision.parent is not None
    assert commit.parent is not None
    assert decision.parent.span_id == message.context.span_id
    assert commit.parent.span_id == decision.context.span_id
    assert commit.end_time is not None
    assert commit.start_time is not None
    assert commit.end_time - commit.start_time == 250_000_000
    assert dict(decision.attributes or {}) == {"gateway.channel": "email"}


async def test_a_request_is_within_its_callers_trace_and_named_by_its_route(
    exporter: InMemorySpanExporter,
) -> None:
    world: FakeWorld = fake_world()
    await world.client.get("/v1/recipients/ann@example.net", headers={"traceparent": CALLER})
    await world.client.get("/healthz", headers={"traceparent": "00-ann@example.net-" + PARENT + "-01"})
    request, health = exporter.get_finished_spans()

    assert trace_of(request) == TRACE
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == PARENT
    assert request.name == "GET /v1/recipients/{address:path}"
    assert health.parent is None
    assert "ann@" not in request.to_json() + health.to_json()


def test_a_receiver_hears_of_the_span_that_posts_to_it(exporter: InMemorySpanExporter) -> None:
    with tracing.span("webhook", app="shop"):
        carried = tracing.carried()
    (span,) = exporter.get_finished_spans()
    assert span.context is not None
    assert list(carried) == ["traceparent"]
    assert carried["traceparent"].startswith(f"00-{trace_of(span)}-{span.context.span_id:016x}-")


def test_what_failed_is_told_by_its_class_alone(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="ann"), tracing.span("next hop"):
        raise ValueError("ann@example.net is odd")
    (span,) = exporter.get_finished_spans()
    assert span.status.description == "ValueError"
    assert "ann@" not in span.to_json()
