import json
import socket
import threading
import time

import pytest

from contract.trace_context import TraceContext
from runtime.tracing import export as span_export
from runtime.tracing.export import PATIENCE, FinishedSpan, export
from tests.runtime.collector import Collector

CONTEXT = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
SPANS = [FinishedSpan("work", CONTEXT, "", 1, 2, {"text": "a", "yes": True, "count": 3, "share": 0.5})]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"}, "http://c:4318/v1/traces"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://d/otel"},
            "https://d/otel",
        ),
    ],
)
def test_the_collector_is_named_as_opentelemetry_names_it(variables: dict[str, str], address: str) -> None:
    assert span_export.collector(variables) == address


def test_attributes_keep_their_types(collector: Collector) -> None:
    export("test", SPANS, collector.variables)

    (span,) = collector.documents[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [pair["value"] for pair in span["attributes"]] == [
        {"stringValue": "a"},
        {"boolValue": True},
        {"intValue": "3"},
        {"doubleValue": 0.5},
    ]


def test_the_collectors_own_headers_are_sent(collector: Collector) -> None:
    headers = {"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20cGs6c2s=, x-team = a"}

    export("test", SPANS, {**collector.variables, **headers})

    assert collector.headers[0]["authorization"] == "Basic cGs6c2s="
    assert collector.headers[0]["x-team"] == "a"


def test_a_collector_that_refuses_costs_a_line_in_the_log(
    collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.status = 503

    export("test", SPANS, collector.variables)

    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["reason"]) == ("tracing.not_exported", "WARNING", "HTTP 503")


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}", "http://no port:x", "nonsense"])
def test_a_collector_that_is_not_there_costs_a_line_in_the_log(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    export("test", SPANS, {"OTEL_EXPORTER_OTLP_ENDPOINT": address.format(port=port)})

    (line,) = lines(capsys)
    assert line["event"] == "tracing.not_exported"


def test_a_collector_that_does_not_answer_is_left_behind_in_time(
    collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.hold = threading.Event()
    started = time.monotonic()

    export("test", SPANS, collector.variables)

    took = time.monotonic() - started
    collector.hold.set()
    assert took < PATIENCE + 0.5
    assert lines(capsys)[0]["event"] == "tracing.not_exported"


def test_the_collector_is_awaited_after_what_is_done_meanwhile(collector: Collector) -> None:
    collector.hold = threading.Event()

    export("test", SPANS, collector.variables, meanwhile=collector.hold.set)

    assert len(collector.documents) == 1


@pytest.mark.parametrize("has_collector", [True, False])
def test_what_is_done_meanwhile_may_raise(collector: Collector, has_collector: bool) -> None:
    def fail() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        export("test", SPANS, collector.variables if has_collector else {}, meanwhile=fail)

    assert len(collector.documents) == has_collector


def test_without_a_collector_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()

    export("test", SPANS, {})

    assert threading.active_count() == before
    assert not capsys.readouterr().out
