import subprocess
import sys

import pytest

from contract.trace_context import TraceContext
from runtime.journal import NewRun
from runtime.tracing.labels import RunLabels
from runtime.tracing.spans import annotate, current_context, started, traced, traced_workflow
from tests.runtime.collector import Collector

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{SPAN}-01"
XRAY_TRACE = "5759e988bd862e3fe1be46a994272793"
XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0"
RUN_ID = "0193a1b2-0000-7000-8000-000000000001"
COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


def test_xrays_trace_goes_before_the_events() -> None:
    context = current_context(GIVEN, {"_X_AMZN_TRACE_ID": XRAY})

    assert context == TraceContext(XRAY_TRACE, "53995c3f42cd8ad8")
    assert context.xray_header == "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    assert context.traceparent == f"00-{XRAY_TRACE}-53995c3f42cd8ad8-01"


def test_with_a_collector_the_events_trace_goes_before_xrays() -> None:
    context = current_context(GIVEN, {"_X_AMZN_TRACE_ID": XRAY, **COLLECTOR})

    assert context == TraceContext(TRACE, SPAN)


def test_a_collector_gets_what_xray_does_not_sample() -> None:
    unsampled = XRAY.replace("Sampled=1", "Sampled=0")

    assert not current_context(None, {"_X_AMZN_TRACE_ID": unsampled}).is_sampled
    assert current_context(None, {"_X_AMZN_TRACE_ID": unsampled, **COLLECTOR}).is_sampled


def test_an_event_that_is_not_sampled_stays_so() -> None:
    context = current_context(f"00-{TRACE}-{SPAN}-00", {})

    assert not context.is_sampled
    assert context.traceparent.endswith("-00")
    assert context.xray_header.endswith("Sampled=0")


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "nonsense",
        f"00-{TRACE}-{SPAN}",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"{GIVEN}\n",
    ],
)
@pytest.mark.parametrize("xray", ["", "Root=1-5759e988", "Root=1-5759e988-bd862e3fe1be46a994272793", "=;=;"])
def test_what_is_malformed_counts_as_not_given(given: str | None, xray: str) -> None:
    context = current_context(given, {"_X_AMZN_TRACE_ID": xray})

    assert len(context.trace_id) == 32
    assert context.trace_id != TRACE
    assert context.is_sampled
    assert current_context(context.traceparent, {}) == context


def test_spans_reach_the_collector_as_one_tree(collector: Collector) -> None:
    context = current_context(GIVEN, collector.variables)

    with traced("invoker", context, {"run_id": RUN_ID, "step": 1}, collector.variables) as span:
        with span.child("InvokeAgentRuntime") as call:
            assert call.context.trace_id == TRACE
        span.attributes["outcome"] = "started"

    call_span, invoker = collector.spans()
    assert (invoker["name"], invoker["traceId"], invoker["parentSpanId"]) == ("invoker", TRACE, SPAN)
    assert (call_span["name"], call_span["parentSpanId"]) == ("InvokeAgentRuntime", invoker["spanId"])
    assert invoker["attributes"] == {"run_id": RUN_ID, "step": "1", "outcome": "started"}
    assert invoker["status"] == {"code": 1}
    assert int(invoker["startTimeUnixNano"]) <= int(call_span["startTimeUnixNano"])
    assert int(call_span["endTimeUnixNano"]) <= int(invoker["endTimeUnixNano"])
    assert collector.services() == ["longrun-invoker"]


def test_an_exception_marks_the_span_and_passes_on(collector: Collector) -> None:
    with (
        pytest.raises(KeyError, match="gone"),
        traced("invoker", current_context(GIVEN, {}), variables=collector.variables),
    ):
        raise KeyError("gone")

    assert collector.spans()[0]["status"] == {"code": 2, "message": "KeyError: 'gone'"}


@pytest.mark.parametrize("is_sampled", [True, False])
def test_what_remains_is_done_after_the_span_also_after_a_failure(collector: Collector, is_sampled: bool) -> None:
    done: list[str] = []
    context = TraceContext(TRACE, SPAN, is_sampled=is_sampled)

    def fail() -> None:
        with traced("invoker", context, variables=collector.variables, afterwards=lambda: done.append("after")):
            done.append("block")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert done == ["block", "after"]
    assert len(collector.documents) == is_sampled


def test_the_event_door_makes_the_span_that_the_workflow_hangs_below(collector: Collector) -> None:
    def door() -> TraceContext:
        with traced_workflow("event-door", RUN_ID, GIVEN, {"run_id": RUN_ID}, collector.variables) as span:
            return span.parent

    first, again = door(), door()

    assert first == again, "an event that comes twice makes one workflow"
    door_span, workflow = collector.spans()[:2]
    assert (workflow["name"], workflow["parentSpanId"], workflow["spanId"]) == ("workflow", SPAN, first.span_id)
    assert workflow["attributes"].items() >= {"run_id": RUN_ID, "longrun.span": "workflow"}.items()
    assert (door_span["name"], door_span["parentSpanId"]) == ("event-door", first.span_id)


RUN = NewRun(RUN_ID, "a-conversation", "anna", "analyst", "?", None, 1.0)


def test_a_run_without_a_workflow_has_its_start_for_a_root(collector: Collector) -> None:
    with started("gateway", None, {"_X_AMZN_TRACE_ID": XRAY, **collector.variables}) as span:
        place = span.place
        span.begun(RUN)

    (root,) = collector.spans()
    assert place == TraceContext(XRAY_TRACE, root["spanId"]), "X-Ray and the collector have the same trace"
    assert (root["name"], root["parentSpanId"]) == ("start", ""), "a collector does not know the parent in X-Ray"
    assert collector.services() == ["longrun-gateway"]
    assert root["attributes"] == {
        "longrun.span": "root",
        "langfuse.internal.as_root": True,
        "run_id": RUN_ID,
        "gen_ai.conversation.id": "a-conversation",
        "session.id": "a-conversation",
        "user.id": "anna",
        "langfuse.trace.name": "analyst",
        "langfuse.trace.tags": {"values": [{"stringValue": f"run-{RUN_ID}"}]},
    }


@pytest.mark.parametrize("flags", ["01", "00"])
def test_a_start_is_below_its_callers_span_whether_that_is_sampled_or_not(collector: Collector, flags: str) -> None:
    with started("stream", f"00-{TRACE}-{SPAN}-{flags}", collector.variables) as span:
        span.begun(RUN)

    (root,) = collector.spans()
    assert (root["traceId"], root["parentSpanId"]) == (TRACE, SPAN)


def test_a_start_that_begins_no_run_sends_nothing(collector: Collector) -> None:
    with started("gateway", None, collector.variables):
        pass
    with pytest.raises(ValueError, match="refused"), started("gateway", None, collector.variables):
        raise ValueError("refused")

    assert collector.spans() == []


def test_without_a_collector_the_run_is_in_xrays_trace_of_its_start() -> None:
    with started("gateway", None, {"_X_AMZN_TRACE_ID": XRAY}) as span:
        assert span.place == TraceContext(XRAY_TRACE, "53995c3f42cd8ad8")


def test_all_spans_of_an_invocation_have_the_runs_labels(collector: Collector) -> None:
    labels = RunLabels(RUN_ID, "a-conversation")

    with traced("invoke-llm", current_context(GIVEN, collector.variables), {}, collector.variables, labels=labels) as s:
        annotate({"turn": 2})
        with s.child("call") as call:
            annotate({"tokens": 7})
            call.fail("the model refused")

    inner, outer = collector.spans()
    for span in (inner, outer):
        assert span["attributes"].items() >= {"run_id": RUN_ID, "gen_ai.conversation.id": "a-conversation"}.items()
    assert (outer["attributes"]["turn"], inner["attributes"]["tokens"]) == ("2", "7")
    assert (inner["status"], outer["status"]["code"]) == ({"code": 2, "message": "the model refused"}, 1)


def test_a_workflow_that_nobody_traces_is_the_root_of_its_trace(collector: Collector) -> None:
    with traced_workflow("parse-initial-query", RUN_ID, None, {}, collector.variables, session_id="mine"):
        pass

    function, workflow = collector.spans()
    assert (workflow["parentSpanId"], function["parentSpanId"]) == ("", workflow["spanId"])
    assert (
        function["attributes"]["gen_ai.conversation.id"] == workflow["attributes"]["gen_ai.conversation.id"] == "mine"
    )


def test_on_xray_the_workflow_has_a_segment_of_its_own() -> None:
    with traced_workflow("event-door", RUN_ID, GIVEN, variables={"_X_AMZN_TRACE_ID": XRAY}) as span:
        assert span.parent == TraceContext(XRAY_TRACE, "53995c3f42cd8ad8")


def test_a_trace_that_is_not_sampled_is_not_sent(collector: Collector) -> None:
    with traced("invoker", TraceContext(TRACE, SPAN, is_sampled=False), variables=collector.variables):
        pass

    assert not collector.documents


def test_it_needs_nothing_but_the_standard_library() -> None:
    loaded = "import sys, runtime.tracing.spans; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)  # noqa: S603  ours

    foreign = {"boto3", "botocore", "opentelemetry", "requests", "urllib3", "strands"}
    assert not foreign & set(done.stdout.split())
