import contextvars
import json
import socket
import threading
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from runtime.process.secrets import PAUSE_SECONDS
from runtime.tracing import exporters
from runtime.tracing.exporters import RunExporter
from runtime.tracing.labels import RunLabels
from runtime.tracing.run_traces import RunTraces, run_provider
from sandbox.sidecar.traces.otlp import Span, read_spans
from tests.runtime.collector import Collector
from tests.runtime.tracing.test_keys import Store, keys_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
RUN = "0193a1b2-0000-7000-8000-000000000001"
LABELS = RunLabels(RUN, "session-1", "arn:aws:iam::123456789012:user/ann", "estimator", {"ticket": "T-1"})
ON_EVERY_SPAN = {
    "run_id": RUN,
    "gen_ai.conversation.id": "session-1",
    "session.id": "session-1",
    "user.id": "arn:aws:iam::123456789012:user/ann",
    "langfuse.trace.name": "estimator",
    "langfuse.trace.tags": [f"run-{RUN}"],
    "langfuse.trace.metadata.ticket": "T-1",
}


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    made = run_provider("longrun-test")
    yield made
    made.shutdown()


@pytest.fixture
def traces(provider: TracerProvider, collector: Collector) -> RunTraces:
    return RunTraces(provider, RunExporter.create(collector.variables))


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def sent(collector: Collector) -> list[Span]:
    return [span for body in collector.bodies for span in read_spans(body, "application/x-protobuf", "")]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def work(provider: TracerProvider, name: str = "chat", **attributes: str) -> None:
    """A span as Strands makes it."""
    with provider.get_tracer("strands-agents").start_as_current_span(name, attributes=attributes):
        pass


def test_all_spans_of_a_run_are_at_the_collector_when_it_has_ended(
    traces: RunTraces, provider: TracerProvider, collector: Collector
) -> None:
    with traces.run(LABELS, "How many?") as span:
        work(provider, "chat")
        work(provider, "execute_tool add")
        assert not collector.bodies
        span.succeed("Two.", {"input_tokens": 10})

    assert len(collector.bodies) == 1, "each span once, in one request"
    assert sorted(span.name for span in sent(collector)) == ["chat", "execute_tool add", "run estimator"]


def test_every_span_has_what_langfuse_filters_by_and_the_root_alone_has_input_and_output(
    traces: RunTraces, provider: TracerProvider, collector: Collector
) -> None:
    with traces.run(LABELS, "How many?") as span:
        work(provider)
        span.succeed("Two.", {"input_tokens": 10})

    spans = {span.name: span for span in sent(collector)}
    for each in spans.values():
        assert each.attributes.items() >= ON_EVERY_SPAN.items()
    root, child = spans["run estimator"], spans["chat"]
    assert (root.attributes["langfuse.observation.input"], root.attributes["langfuse.observation.output"]) == (
        "How many?",
        "Two.",
    )
    assert root.attributes["langfuse.internal.as_root"] is True
    assert not [name for name in child.attributes if name.startswith(("langfuse.observation.", "langfuse.internal."))]
    assert not [name for name in root.attributes if name.startswith("langfuse.trace.input")]
    assert (child.trace_id, child.parent_id) == (root.trace_id, root.span_id)
    assert collector.headers[0]["x-langfuse-ingestion-version"] == "4"


def test_labels_that_langfuse_would_drop_are_cut(
    traces: RunTraces, provider: TracerProvider, collector: Collector
) -> None:
    with traces.run(RunLabels(RUN, "s" * 300, "u" * 300, "estimator", {"note": "n" * 300}), "How?"):
        work(provider)

    for span in sent(collector):
        for name in ("session.id", "user.id", "langfuse.trace.metadata.note"):
            assert len(span.attributes[name]) == 200


def test_a_run_is_below_its_callers_span_whatever_that_one_says_of_sampling(
    traces: RunTraces, collector: Collector
) -> None:
    for flag in ("00", "01"):
        with traces.run(LABELS, "How?", f"00-{TRACE}-{SPAN}-{flag}") as span:
            assert span.traceparent.startswith(f"00-{TRACE}-")

    assert [(span.trace_id, span.parent_id) for span in sent(collector)] == [(TRACE, SPAN)] * 2


def test_x_ray_that_does_not_sample_keeps_no_span_back_and_makes_no_parent(
    traces: RunTraces, collector: Collector
) -> None:
    xray = {"_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"}

    with traces.run(LABELS, "How?", variables=xray):
        pass

    (span,) = sent(collector)
    assert span.parent_id == ""


def test_spans_of_libraries_below_the_agent_are_not_sent(
    traces: RunTraces, provider: TracerProvider, collector: Collector
) -> None:
    aws = provider.get_tracer("opentelemetry.instrumentation.botocore")
    http = provider.get_tracer("some.http.client")
    mine = provider.get_tracer("my.tools")
    with traces.run(LABELS, "How?"):
        aws.start_span("DynamoDB.PutItem", kind=SpanKind.INTERNAL).end()
        http.start_span("POST", kind=SpanKind.CLIENT).end()
        http.start_span("chat", kind=SpanKind.CLIENT, attributes={"gen_ai.operation.name": "chat"}).end()
        mine.start_span("read the table").end()

    assert sorted(span.name for span in sent(collector)) == ["chat", "read the table", "run estimator"]


def test_spans_of_no_run_and_those_that_end_after_it_are_dropped(
    traces: RunTraces, provider: TracerProvider, collector: Collector
) -> None:
    work(provider, "before any run")
    with traces.run(LABELS, "How?"):
        late = provider.get_tracer("strands-agents").start_span("an abandoned tool")
    late.end()
    work(provider, "between two runs")
    with traces.run(LABELS, "And now?"):
        pass

    assert [span.name for span in sent(collector)] == ["run estimator"] * 2


def test_work_in_a_thread_belongs_to_the_run(traces: RunTraces, provider: TracerProvider, collector: Collector) -> None:
    with traces.run(LABELS, "How?"):
        inherited = contextvars.copy_context()
        thread = threading.Thread(target=lambda: inherited.run(work, provider, "in a thread"))
        thread.start()
        thread.join()

    assert "in a thread" in {span.name for span in sent(collector)}


def test_a_failed_run_is_an_error_of_its_root(traces: RunTraces, collector: Collector) -> None:
    with traces.run(LABELS, "How?") as span:
        span.fail("the model refused")

    (root,) = sent(collector)
    assert (root.status, root.error) == ("ERROR", "the model refused")
    assert root.attributes["langfuse.observation.level"] == "ERROR"
    assert root.attributes["langfuse.observation.status_message"] == "the model refused"


def test_a_run_that_fails_with_an_exception_is_sent_too(traces: RunTraces, collector: Collector) -> None:
    with pytest.raises(ValueError, match="broken"), traces.run(LABELS, "How?"):
        raise ValueError("broken")

    assert [span.status for span in sent(collector)] == ["ERROR"]


def test_a_request_that_became_no_run_sends_nothing(traces: RunTraces, collector: Collector) -> None:
    with traces.run(LABELS, "How?") as span:
        span.discard()

    assert not collector.bodies


def test_without_a_collector_nothing_is_recorded(provider: TracerProvider) -> None:
    with RunTraces(provider, None).run(LABELS, "How?") as span:
        assert span.traceparent == ""
        assert not trace.get_current_span().is_recording()


@pytest.mark.parametrize("status", [302, 401, 500])
def test_spans_that_were_not_taken_are_logged_with_the_reason(
    traces: RunTraces, collector: Collector, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    collector.status = status

    with traces.run(LABELS, "How?"):
        pass

    (line,) = lines(capsys)
    assert (line["event"], line["reason"], line["spans"]) == ("tracing.not_exported", f"HTTP {status}", 1)


def test_a_slow_collector_costs_the_bound_and_no_more(
    provider: TracerProvider, collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.hold = threading.Event()
    traces = RunTraces(provider, RunExporter.create(collector.variables), bound_seconds=0.1)

    with traces.run(LABELS, "How?"):
        pass

    assert collector.bodies, "it got the spans, and has not answered yet"
    collector.hold.set()
    assert lines(capsys)[0]["reason"] == "no answer in time"


def test_a_dead_collector_is_logged(
    provider: TracerProvider, closed_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    dead = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{closed_port}"}

    with RunTraces(provider, RunExporter.create(dead)).run(LABELS, "How?"):
        pass

    (line,) = lines(capsys)
    assert (line["event"], line["reason"], line["collector"]) == ("tracing.not_exported", "no connection", "127.0.0.1")


def test_keys_that_the_collector_has_rejected_are_read_again_for_the_same_spans(
    provider: TracerProvider, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store({"public_key": "pk", "secret_key": "old"})
    keys = keys_of(store)
    monkeypatch.setattr(exporters, "collector_keys", lambda _variables: keys)
    traces = RunTraces(provider, RunExporter.create(collector.variables))
    keys.headers(collector.url)
    store.value = {"public_key": "pk", "secret_key": "new"}
    store.now += PAUSE_SECONDS
    collector.status = 401

    with traces.run(LABELS, "How?"):
        pass

    given = [b64decode(headers["authorization"].removeprefix("Basic ")) for headers in collector.headers]
    assert given == [b"pk:old", b"pk:new"]


def test_keys_that_were_read_while_the_agent_worked_are_not_read_again(
    provider: TracerProvider, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store({"x-api-key": "read ahead"})
    keys = keys_of(store)
    monkeypatch.setattr(exporters, "collector_keys", lambda _variables: keys)
    exporter = RunExporter.create(collector.variables)
    exporter.prepare()
    store.value = {"x-api-key": "read later"}

    with RunTraces(provider, exporter).run(LABELS, "How?"):
        pass

    assert collector.headers[0]["x-api-key"] == "read ahead"


def test_a_process_whose_exporter_cannot_be_made_records_nothing_and_says_why(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_variables: object) -> RunExporter:
        raise ImportError("no exporter in the package")

    monkeypatch.setattr(RunExporter, "create", broken)

    with RunTraces.start("longrun-test", collector.variables).run(LABELS, "How?") as span:
        assert span.traceparent == ""

    (line,) = lines(capsys)
    assert line["event"] == "telemetry.off"
    assert "no exporter in the package" in line["traceback"]


@pytest.mark.parametrize("off", [{"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_SDK_DISABLED": "true"}])
def test_the_traces_of_a_process_can_be_turned_off(collector: Collector, off: dict[str, str]) -> None:
    with RunTraces.start("longrun-test", {**collector.variables, **off}).run(LABELS, "How?"):
        pass

    assert not collector.bodies
