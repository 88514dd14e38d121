"""Spans of a Lambda function, by the standard library: OpenTelemetry's own SDK would add 150 ms to a cold start.

How a function uses it:

    given = payload.get("traceparent")
    with traced("invoker", TraceContext.current(given), {"run_id": run_id, "agent": agent}) as span:
        with span.child("InvokeAgentRuntime") as call:
            invoke(traceParent=call.context.traceparent, traceId=call.context.xray_header)
        span.attributes["outcome"] = "started"

and the event door, whose run gets the span that all others of the workflow hang below:

    with traced_workflow("event-door", run_id, given, {"run_id": run_id}) as span:
        return {"traceparent": span.parent.traceparent}

Spans go by OTLP/HTTP to the collector that the OTEL_EXPORTER_OTLP_* variables name, at the block's end and within a
second; nothing here raises. Where none is named they go nowhere: on AWS, Lambda and Step Functions tell X-Ray
themselves, and what is made here is only the context that AgentCore gets.

Which trace: with a collector the one that the event carries (`traceparent`), else the one in which AWS runs the
function (`_X_AMZN_TRACE_ID`), else the other of the two, else a new one. So every reader finds one tree: a collector
knows nothing of X-Ray's segments, nor X-Ray of the event's. What is malformed counts as not given.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from runtime.tracing.export import Attribute, FinishedSpan, collector, export

_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_XRAY_ROOT: Final = re.compile(r"1-([0-9a-f]{8})-([0-9a-f]{24})")
_XRAY_PARENT: Final = re.compile(r"[0-9a-f]{16}")
_XRAY_VARIABLE: Final = "_X_AMZN_TRACE_ID"
_ERROR_LENGTH: Final = 300


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A place in a trace: `trace_id` (32 hex digits) and the span that what is made next hangs below (16)."""

    trace_id: str
    span_id: str
    is_sampled: bool = True

    @classmethod
    def current(cls, given: str | None = None, variables: Mapping[str, str] = os.environ) -> "TraceContext":
        """The context of this invocation; `given` is the W3C traceparent that came with the event or payload."""
        event, aws = _from_traceparent(given or ""), _from_xray(variables.get(_XRAY_VARIABLE, ""))
        if not collector(variables):
            return aws or event or _new()
        if event is None and aws is not None:
            # What X-Ray samples is X-Ray's business: the collector wants them all.
            return TraceContext(aws.trace_id, aws.span_id)
        return event or _new()

    @property
    def traceparent(self) -> str:
        """The W3C form."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.is_sampled):02d}"

    @property
    def xray_header(self) -> str:
        """The form of the header X-Amzn-Trace-Id."""
        root = f"1-{self.trace_id[:8]}-{self.trace_id[8:]}"
        return f"Root={root};Parent={self.span_id};Sampled={int(self.is_sampled)}"

    def child(self) -> "TraceContext":
        """The place below a new span."""
        return TraceContext(self.trace_id, os.urandom(8).hex(), self.is_sampled)


@dataclass(frozen=True, slots=True)
class Span:
    """What is under way. `context` is for what it calls; `attributes` may be added to until it ends."""

    parent: TraceContext
    context: TraceContext
    attributes: dict[str, Attribute]
    finished: list[FinishedSpan] = field(repr=False)
    """Of this invocation; each span adds itself when it ends."""

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
) -> Iterator[Span]:
    """The span of an invocation, named after what the function is; exported at the block's end with those below it.

    An exception marks it as failed and passes on.
    """
    with _exported(name, context, variables) as finished, _timed(name, context, attributes, finished) as span:
        yield span


@contextmanager
def traced_workflow(
    name: str,
    run_id: str,
    given: str | None,
    attributes: Mapping[str, Attribute] | None = None,
    variables: Mapping[str, str] = os.environ,
) -> Iterator[Span]:
    """As `traced`, for the function that begins a run: `span.parent` is the workflow's context, to be handed on.

    X-Ray has a segment of the workflow. A collector has not, and gets one made here: `workflow`, below the event's
    span, with an id derived from the run's, so that an event that comes twice makes one. It ends with the door, as
    nobody knows yet when the workflow will; `longrun trace` puts the execution's own times in.
    """
    context = TraceContext.current(given, variables)
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
def _exported(name: str, context: TraceContext, variables: Mapping[str, str]) -> Iterator[list[FinishedSpan]]:
    finished: list[FinishedSpan] = []
    try:
        yield finished
    finally:
        if context.is_sampled:
            export(f"longrun-{name}", finished, variables)


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


def _new() -> TraceContext:
    # X-Ray wants the second in which the trace began as its first four bytes.
    return TraceContext(f"{int(time.time()):08x}{os.urandom(12).hex()}", os.urandom(8).hex())


def _from_traceparent(value: str) -> TraceContext | None:
    match = _TRACEPARENT.fullmatch(value)
    if match is None:
        return None
    trace_id, span_id, flags = match.groups()
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & 1))


def _from_xray(value: str) -> TraceContext | None:
    parts = dict(part.split("=", 1) for part in value.split(";") if "=" in part)
    root, parent = _XRAY_ROOT.fullmatch(parts.get("Root", "")), _XRAY_PARENT.fullmatch(parts.get("Parent", ""))
    if root is None or parent is None:
        return None
    return TraceContext(root[1] + root[2], parent[0], parts.get("Sampled") == "1")
