import gzip
import json
import math
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from runtime.tracing.spans import current_context, traced
from sandbox.sidecar.traces.collector import TraceStore
from sandbox.sidecar.traces.otlp import MAX_BODY_BYTES, Span

TRACE = "0af7651916cd43dd8448eb211c80319c"
Sidecar = Callable[..., str]


def span(number: int, trace_id: str = TRACE) -> Span:
    return Span(trace_id, f"{number:016x}", "", f"span {number}", "test", number, number + 1, "OK", "", {})


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  OTLP's own shape
    """One span in OTLP's JSON."""
    given = {"traceId": TRACE, "spanId": "b7ad6b7169203331", "name": "work", "startTimeUnixNano": "1000000000"}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [given | changes]}]}]}


def finished_spans() -> tuple[ReadableSpan, ...]:
    """A failed span below another, as the SDK makes them."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": "host"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("test")
    with (
        tracer.start_as_current_span("agent", attributes={"run_id": "r", "tokens": 7, "ratio": 0.5, "tags": ["a"]}),
        tracer.start_as_current_span("failed") as failed,
    ):
        failed.set_status(Status(StatusCode.ERROR, "no such table"))
    return kept.get_finished_spans()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate])
def test_it_takes_what_the_sdk_exports(sidecar: Sidecar, compression: Compression) -> None:
    url = sidecar()
    exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", compression=compression)

    assert exporter.export(finished_spans()) is SpanExportResult.SUCCESS

    listed = httpx.get(f"{url}/_longrun/traces").json()["traces"]
    assert [trace["spans"] for trace in listed] == [2]
    agent, failed = httpx.get(f"{url}/_longrun/traces/{listed[0]['trace_id']}").json()["spans"]
    assert agent["attributes"] == {"run_id": "r", "tokens": 7, "ratio": 0.5, "tags": ["a"]}
    assert (agent["name"], agent["service"], agent["parent_id"]) == ("agent", "host", "")
    assert (failed["status"], failed["error"], failed["parent_id"]) == ("ERROR", "no such table", agent["span_id"])
    assert agent["start"] <= failed["start"] <= failed["end"] <= agent["end"]


def test_it_takes_what_functions_export(sidecar: Sidecar) -> None:
    url = sidecar()
    context = current_context()

    with traced("invoker", context, {"run_id": "r", "attempt": 1}, {"OTEL_EXPORTER_OTLP_ENDPOINT": url}):
        pass

    (invoker,) = httpx.get(f"{url}/_longrun/traces/{context.trace_id}").json()["spans"]
    assert (invoker["name"], invoker["service"], invoker["status"]) == ("invoker", "longrun-invoker", "OK")
    assert invoker["parent_id"] == context.span_id
    assert invoker["attributes"] == {"run_id": "r", "attempt": 1}


def test_a_trace_that_is_not_there_is_reported(sidecar: Sidecar) -> None:
    answer = httpx.get(f"{sidecar()}/_longrun/traces/{TRACE}")

    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_TRACE")
    assert TRACE in answer.json()["error"]


@pytest.mark.parametrize(
    ("content_type", "encoding", "body", "status"),
    [
        ("text/plain", "", b"{}", 415),
        ("application/json", "br", b"{}", 415),
        ("application/json", "gzip", b"{}", 400),
        ("application/json", "", b"[1]", 400),
        ("application/json", "", json.dumps(document(traceId="zz")).encode(), 400),
        ("application/json", "", json.dumps(document(spanId="")).encode(), 400),
        ("application/x-protobuf", "", b"\xff\xff", 400),
        ("application/json", "gzip", gzip.compress(b" " * (MAX_BODY_BYTES + 1)), 413),
    ],
)
def test_what_is_no_otlp_is_rejected_with_a_sentence(
    sidecar: Sidecar, content_type: str, encoding: str, body: bytes, status: int
) -> None:
    headers = {"content-type": content_type, "content-encoding": encoding}

    answer = httpx.post(f"{sidecar()}/v1/traces", content=body, headers=headers)

    assert answer.status_code == status
    assert answer.json()["message"].startswith("The ")


def test_a_number_that_json_has_no_word_for_does_not_hide_the_trace(sidecar: Sidecar) -> None:
    url = sidecar()
    ratio = {"key": "ratio", "value": {"doubleValue": "NaN"}}

    httpx.post(f"{url}/v1/traces", json=document(attributes=[ratio])).raise_for_status()

    shown = httpx.get(f"{url}/_longrun/traces/{TRACE}").json()["spans"]
    assert shown[0]["attributes"] == {"ratio": str(math.nan)}


def test_a_span_that_comes_twice_is_kept_once() -> None:
    store = TraceStore()

    assert store.add([(span(1), 10)]) == 0
    assert store.add([(span(1), 10), (span(2), 10)]) == 0

    assert (store.spans, store.bytes, store.dropped) == (2, 20, 0)
    assert [kept.name for kept in store.trace(TRACE) or []] == ["span 1", "span 2"]


def test_the_trace_longest_without_a_span_makes_room() -> None:
    store = TraceStore(max_spans=3)
    old, new = "a" * 32, "b" * 32
    store.add([(span(1, old), 10), (span(1, new), 10), (span(2, old), 10)])

    assert store.add([(span(3, old), 10)]) == 0

    assert store.trace(new) is None
    assert len(store.trace(old) or []) == 3
    assert (store.spans, store.bytes, store.dropped) == (3, 30, 1)


def test_a_trace_that_fills_the_store_alone_loses_its_newest_spans() -> None:
    store = TraceStore(max_bytes=25)

    assert store.add([(span(number), 10) for number in range(4)]) == 2

    assert [kept.name for kept in store.trace(TRACE) or []] == ["span 0", "span 1"]
    assert store.dropped == 2


def test_the_newest_trace_is_listed_first() -> None:
    store = TraceStore()
    store.add([(span(1, f"{number:032x}"), 1) for number in range(1, 4)])
    store.add([(span(2, f"{1:032x}"), 1)])

    assert [trace["trace_id"][-1] for trace in store.newest()] == ["1", "3", "2"]
