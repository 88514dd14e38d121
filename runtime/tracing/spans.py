"""Spans of a Lambda function, by the standard library: OpenTelemetry's own SDK would add 150 ms to a cold start.

How a function uses it:

    given = payload.get("traceparent")
    with traced("invoker", current_context(given), {"run_id": run_id, "agent": agent}) as span:
        with span.child("InvokeAgentRuntime") as call:
            invoke(traceParent=call.context.traceparent, traceId=call.context.xray_header)
        span.attributes["outcome"] = "started"

the entry point of a run without a workflow, whose span is the root of its trace:

    with started("gateway", given) as span:
        head = accept(traceparent=span.place.traceparent)
        span.begun(head)

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
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from contract.trace_context import TraceContext
from runtime.tracing.export import Attribute, FinishedSpan, collector, export
from runtime.tracing.labels import AS_ROOT, MARK, ROOT, LabelledRun, RunLabels

START: Final = "start"
"""The name of the root of a run without a workflow."""

XRAY_VARIABLE: Final = "_X_AMZN_TRACE_ID"
_ERROR_LENGTH: Final = 300
_ERROR: Final = "error"
"""Taken out of the attributes: it is the span's status."""


def current_context(given: str | None = None, variables: Mapping[str, str] = os.environ) -> TraceContext:
    """The context of this invocation; `given` is the W3C traceparent that came with the event or payload."""
    event = TraceContext.from_traceparent(given or "")
    aws = TraceContext.from_xray_header(variables.get(XRAY_VARIABLE, ""))
    if not collector(variables):
        return aws or event or TraceContext.new()
    if event is None and aws is not None:
        # X-Ray's sampling decision is for X-Ray: the collector gets every trace.
        return TraceContext(aws.trace_id, aws.span_id)
    return event or TraceContext.new()


class _Finished(list[FinishedSpan]):
    """The finished spans of an invocation."""

    is_exported = False
    is_discarded = False


@dataclass(frozen=True, slots=True)
class Span:
    """A span that has not ended. `context` is for what it calls; `attributes` may be added until it ends."""

    parent: TraceContext
    context: TraceContext
    attributes: dict[str, Attribute]
    finished: "_Finished" = field(repr=False)
    """The finished spans of this invocation; each span adds itself when it ends."""
    labels: dict[str, Attribute] = field(default_factory=dict)
    """What this span and those below it say of the run."""

    @property
    def place(self) -> TraceContext:
        """For what other processes do: below this span, or in AWS's own segment where the span is not exported."""
        return self.context if self.finished.is_exported else self.parent

    @contextmanager
    def child(self, name: str, attributes: Mapping[str, Attribute] | None = None) -> Iterator["Span"]:
        """A span below this one, for the time of the block."""
        with _timed(name, self.context, attributes, self.finished, self.labels) as span:
            yield span

    def fail(self, message: str) -> None:
        """Marks the span as failed; an exception that leaves the block does so by itself."""
        self.attributes[_ERROR] = message[:_ERROR_LENGTH]

    def begun(self, run: LabelledRun) -> None:
        """The run has begun by this invocation, see started."""
        self.labels.update(RunLabels.of(run).attributes())
        self.finished.is_discarded = False


_CURRENT: ContextVar[Span | None] = ContextVar("longrun-span", default=None)


def annotate(attributes: Mapping[str, Attribute]) -> None:
    """Add attributes to the innermost span of the block that runs, if there is one."""
    span = _CURRENT.get()
    if span is not None:
        span.attributes.update(attributes)


@contextmanager
def traced(
    name: str,
    context: TraceContext,
    attributes: Mapping[str, Attribute] | None = None,
    variables: Mapping[str, str] = os.environ,
    *,
    labels: RunLabels | None = None,
    service: str = "",
    afterwards: Callable[[], object] = lambda: None,
) -> Iterator[Span]:
    """The span of an invocation, named after the function, which is its `service`, too, unless that is given; exported
    at the block's end with its children.

    An exception marks it as failed and passes on. `afterwards` is what remains to be done after the block, also after a
    failed one: it is called while the span is exported.
    """
    said: dict[str, Attribute] = {} if labels is None else {**labels.attributes()}
    with (
        _exported(service or name, context, variables, afterwards=afterwards) as finished,
        _timed(name, context, attributes, finished, said) as span,
    ):
        yield span


@contextmanager
def started(
    service: str, given: str | None = None, variables: Mapping[str, str] = os.environ, *, waits: bool = True
) -> Iterator[Span]:
    """The span of an invocation that starts a run without a workflow; its `place` is for the run. It is the root of
    the trace, or below the caller's span that `given` names. Exported at the block's end, where the run has begun by
    then: hand the run off in it. `waits` as in export."""
    above = current_context(given, variables)
    if collector(variables):
        # A caller that does not sample says so of a backend of its own. X-Ray's parent is unknown to a collector.
        is_below = TraceContext.from_traceparent(given or "") is not None
        above = TraceContext(above.trace_id, above.span_id if is_below else "")
    marks: dict[str, Attribute] = {MARK: ROOT, AS_ROOT: True}
    with (
        _exported(service, above, variables, waits=waits) as finished,
        _timed(START, above, marks, finished, {}) as span,
    ):
        finished.is_discarded = True
        yield span


def ended(
    service: str,
    traceparent: str,
    began: int,
    end: int,
    attributes: Mapping[str, Attribute],
    variables: Mapping[str, str] = os.environ,
    *,
    waits: bool = True,
) -> None:
    """Export a span that has ended, named after the service, below the one that `traceparent` names; none without.
    Times are Unix nanoseconds, `waits` as in export."""
    above = TraceContext.from_traceparent(traceparent)
    if above is not None:
        span = FinishedSpan(service, above.child(), above.span_id, began, end, attributes)
        export(f"longrun-{service}", [span], variables, waits=waits)


@contextmanager
def traced_workflow(
    name: str,
    run_id: str,
    given: str | None,
    attributes: Mapping[str, Attribute] | None = None,
    variables: Mapping[str, str] = os.environ,
    *,
    session_id: str = "",
) -> Iterator[Span]:
    """Like `traced`, for the function that starts a run: `span.parent` is the workflow's context, for the later states.

    X-Ray has a segment of the workflow. A collector has not, and gets one made here: `workflow`, below the span that
    `given` names, with an id derived from the run's, so that an event that comes twice makes one. It ends with the
    start handler, as the end of the workflow is not known yet; `longrun trace` uses the execution's own times.
    """
    context = current_context(given, variables)
    said: dict[str, Attribute] = {**RunLabels(run_id, session_id or run_id).attributes()}
    if not collector(variables):
        with _exported(name, context, variables) as finished, _timed(name, context, attributes, finished, said) as span:
            yield span
        return
    workflow = TraceContext(context.trace_id, _workflow_span_id(run_id), context.is_sampled)
    above = context.span_id if TraceContext.from_traceparent(given or "") else ""
    with _exported(name, workflow, variables) as finished:
        began = time.time_ns()
        try:
            with _timed(name, workflow, attributes, finished, said) as span:
                yield span
        finally:
            named = {**said, **span.labels, MARK: "workflow", AS_ROOT: True}
            finished.append(FinishedSpan("workflow", workflow, above, began, time.time_ns(), named))


@contextmanager
def _exported(
    name: str,
    context: TraceContext,
    variables: Mapping[str, str],
    *,
    afterwards: Callable[[], object] = lambda: None,
    waits: bool = True,
) -> Iterator[_Finished]:
    finished = _Finished()
    finished.is_exported = bool(collector(variables))
    try:
        yield finished
    finally:
        if context.is_sampled and not finished.is_discarded:
            export(f"longrun-{name}", finished, variables, meanwhile=afterwards, waits=waits)
        else:
            afterwards()


@contextmanager
def _timed(
    name: str,
    parent: TraceContext,
    attributes: Mapping[str, Attribute] | None,
    finished: _Finished,
    labels: Mapping[str, Attribute],
) -> Iterator[Span]:
    span = Span(parent, parent.child(), dict(attributes or {}), finished, dict(labels))
    began, error = time.time_ns(), ""
    token = _CURRENT.set(span)
    try:
        yield span
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"[:_ERROR_LENGTH]
        raise
    finally:
        _CURRENT.reset(token)
        end = time.time_ns()
        error = error or str(span.attributes.pop(_ERROR, ""))
        said = {**span.labels, **span.attributes}
        finished.append(FinishedSpan(name, span.context, parent.span_id, began, end, said, error))


def _workflow_span_id(run_id: str) -> str:
    return hashlib.sha256(f"longrun workflow {run_id}".encode()).hexdigest()[:16]
