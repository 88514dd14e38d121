"""Spans of a Lambda function, by the standard library: OpenTelemetry's own SDK would add 150 ms to a cold start.

How a function uses it:

    given = payload.get("traceparent")
    with traced("invoker", current_context(given), {"run_id": run_id, "agent": agent}) as span:
        with span.child("InvokeAgentRuntime") as call:
            invoke(traceParent=call.context.traceparent, traceId=call.context.xray_header)
        span.attributes["outcome"] = "started"

and the start handler, whose run gets the span that is the parent of all others of the workflow:

    with traced_workflow("event-door", run_id, given, {"run_id": run_id}) as span:
        return {"traceparent": span.parent.traceparent}

Spans go by OTLP/HTTP to the collector that the OTEL_EXPORTER_OTLP_* variables name, at the block's end and within a
second; nothing here raises. Where none is named they go nowhere: on AWS, Lambda and Step Functions report to X-Ray
themselves, and this module makes only the context that AgentCore gets.

Which trace: with a collector the one that the event carries (`traceparent`), else the one in which AWS runs the
function (`_X_AMZN_TRACE_ID`), else the other of the two, else a new one. So every reader finds one tree: a collector
has no X-Ray segments, and X-Ray no spans of the event. A malformed context counts as missing.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from contract.trace_context import TraceContext
from runtime.tracing.export import Attribute, FinishedSpan, collector, export

_XRAY_VARIABLE: Final = "_X_AMZN_TRACE_ID"
_ERROR_LENGTH: Final = 300


def current_context(given: str | None = None, variables: Mapping[str, str] = os.environ) -> TraceContext:
    """The context of this invocation; `given` is the W3C traceparent that came with the event or payload."""
    event = TraceContext.from_traceparent(given or "")
    aws = TraceContext.from_xray_header(variables.get(_XRAY_VARIABLE, ""))
    if not collector(variables):
        return aws or event or TraceContext.new()
    if event is None and aws is not None:
        # X-Ray's sampling decision is for X-Ray: the collector gets every trace.
        return TraceContext(aws.trace_id, aws.span_id)
    return event or TraceContext.new()


@dataclass(frozen=True, slots=True)
class Span:
    """A span that has not ended. `context` is for what it calls; `attributes` may be added until it ends."""

    parent: TraceContext
    context: TraceContext
    attributes: dict[str, Attribute]
    finished: list[FinishedSpan] = field(repr=False)
    """The finished spans of this invocation; each span adds itself when it ends."""

    @contextmanager
    def child(self, name: str, attributes: Mapping[str, Attribute] | None = None) -> Iterator["Span"]:
        """A span below this one, for the time of the block."""
        with _timed(name, self.context, attributes, self.finished) as span:
            yield span


@contextmanager
def traced(
    name: str,
    context: TraceContext,
    attributes: Mapping[str, Attribute] | None = None,
    variables: Mapping[str, str] = os.environ,
    afterwards: Callable[[], object] = lambda: None,
) -> Iterator[Span]:
    """The span of an invocation, named after the function; exported at the block's end with its children.

    An exception marks it as failed and passes on. `afterwards` is what remains to be done after the block, also after a
    failed one: it is called while the span is exported.
    """
    with (
        _exported(name, context, variables, afterwards) as finished,
        _timed(name, context, attributes, finished) as span,
    ):
        yield span


@contextmanager
def traced_workflow(
    name: str,
    run_id: str,
    given: str | None,
    attributes: Mapping[str, Attribute] | None = None,
    variables: Mapping[str, str] = os.environ,
) -> Iterator[Span]:
    """Like `traced`, for the function that starts a run: `span.parent` is the workflow's context, for the later states.

    X-Ray has a segment of the workflow. A collector has not, and gets one made here: `workflow`, below the event's
    span, with an id derived from the run's, so that an event that comes twice makes one. It ends with the start
    handler, as the end of the workflow is not known yet; `longrun trace` uses the execution's own times.
    """
    context = current_context(given, variables)
    if not collector(variables):
        with traced(name, context, attributes, variables) as span:
            yield span
        return
    workflow = TraceContext(context.trace_id, _workflow_span_id(run_id), context.is_sampled)
    with _exported(name, workflow, variables) as finished:
        started = time.time_ns()
        try:
            with _timed(name, workflow, attributes, finished) as span:
                yield span
        finally:
            named = {"run_id": run_id, "longrun.span": "workflow"}
            finished.append(FinishedSpan("workflow", workflow, context.span_id, started, time.time_ns(), named))


@contextmanager
def _exported(
    name: str,
    context: TraceContext,
    variables: Mapping[str, str],
    afterwards: Callable[[], object] = lambda: None,
) -> Iterator[list[FinishedSpan]]:
    finished: list[FinishedSpan] = []
    try:
        yield finished
    finally:
        if context.is_sampled:
            export(f"longrun-{name}", finished, variables, meanwhile=afterwards)
        else:
            afterwards()


@contextmanager
def _timed(
    name: str, parent: TraceContext, attributes: Mapping[str, Attribute] | None, finished: list[FinishedSpan]
) -> Iterator[Span]:
    span = Span(parent, parent.child(), dict(attributes or {}), finished)
    started, error = time.time_ns(), ""
    try:
        yield span
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"[:_ERROR_LENGTH]
        raise
    finally:
        ended = time.time_ns()
        finished.append(FinishedSpan(name, span.context, parent.span_id, started, ended, span.attributes, error))


def _workflow_span_id(run_id: str) -> str:
    return hashlib.sha256(f"longrun workflow {run_id}".encode()).hexdigest()[:16]
