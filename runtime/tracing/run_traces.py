"""Traces of runs whose caller waits: the spans of a run are collected in memory, and sent whole before the reply.

    with traces.run(labels, question, traceparent) as span:
        answer = work()
        span.succeed(answer)
    reply(answer)

A batch processor cannot do that: its flush ignores its time limit, and returns True where nothing has arrived.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import Span as RecordedSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from contract.trace_context import TraceContext
from runtime.process.logs import log
from runtime.tracing.export import collector
from runtime.tracing.exporters import LIBRARIES, RunExporter
from runtime.tracing.labelled import with_labels
from runtime.tracing.labels import (
    AS_ROOT,
    INPUT,
    LEVEL,
    MARK,
    OUTPUT,
    ROOT,
    STATUS_MESSAGE,
    RunLabels,
    usage_attributes,
)

BOUND_SECONDS: Final = 1.0
"""The longest time that a reply waits for the collector."""

_OFF: Final = "none"
_XRAY_VARIABLE: Final = "_X_AMZN_TRACE_ID"
_RUN: Final = context.create_key("longrun-run")
_STRANDS: Final = "strands"
_OURS: Final = "longrun"
_INSTRUMENTATION: Final = "opentelemetry.instrumentation."
_OPERATION: Final = "gen_ai.operation.name"
"""What each span of the conventions for generative AI has."""


@dataclass(slots=True)
class _Collected:
    """The spans of one run that have ended; none is taken after the run's own."""

    attributes: Mapping[str, str | tuple[str, ...]]
    spans: list[ReadableSpan] = field(default_factory=list)
    is_closed: bool = False


class SpanCollector(SpanProcessor):
    """Copies a run's labels to each of its spans when it starts, and keeps the span when it has ended. Spans of no run,
    and those of HTTP and AWS clients, are dropped."""

    def __init__(self) -> None:
        self._open: dict[int, _Collected] = {}

    def on_start(self, span: RecordedSpan, parent_context: Context | None = None) -> None:
        run = context.get_value(_RUN, parent_context)
        if isinstance(run, _Collected):
            span.set_attributes(run.attributes)
            self._open[span.get_span_context().span_id] = run

    def on_end(self, span: ReadableSpan) -> None:
        place = span.get_span_context()
        run = None if place is None else self._open.pop(place.span_id, None)
        if run is not None and not run.is_closed and not _is_infrastructure(span):
            run.spans.append(span)

    def close(self, run: _Collected) -> None:
        """Take no more of this run: what an abandoned tool does later is no part of what was sent."""
        run.is_closed = True
        for span_id in [span_id for span_id, of in self._open.copy().items() if of is run]:
            self._open.pop(span_id, None)


class RunSpan:
    """The root span of a run while it is under way."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.is_discarded = False

    @property
    def traceparent(self) -> str:
        """The place of the run in its trace, in W3C's form; empty where nothing is recorded."""
        place = self._span.get_span_context()
        return TraceContext(f"{place.trace_id:032x}", f"{place.span_id:016x}").traceparent if place.is_valid else ""

    def succeed(self, answer: str, usage: Mapping[str, int]) -> None:
        """`usage` as the run's head has it."""
        self._span.set_attribute(OUTPUT, answer)
        self._span.set_attributes(usage_attributes(usage))
        self._span.set_status(Status(StatusCode.OK))

    def discard(self) -> None:
        """There is no run: send nothing."""
        self.is_discarded = True

    def fail(self, message: str) -> None:
        self._span.set_attribute(LEVEL, "ERROR")
        self._span.set_attribute(STATUS_MESSAGE, message)
        self._span.set_status(Status(StatusCode.ERROR, message))


class RunTraces:
    """Where the traces of a process go. Without an exporter nothing is recorded."""

    def __init__(
        self, provider: TracerProvider, exporter: RunExporter | None, bound_seconds: float = BOUND_SECONDS
    ) -> None:
        self._collector = SpanCollector()
        provider.add_span_processor(self._collector)
        self._tracer = provider.get_tracer(_OURS)
        self._exporter = exporter
        self._bound_seconds = bound_seconds

    @classmethod
    def start(cls, service: str, variables: Mapping[str, str] = os.environ) -> "RunTraces":
        """Install it for this process, once: Strands' spans are then collected too. OTEL_SERVICE_NAME overrides
        `service`; OTEL_TRACES_EXPORTER=none or OTEL_SDK_DISABLED=true turns it off."""
        provider = run_provider(variables.get("OTEL_SERVICE_NAME") or service)
        is_on = collector(variables) and variables.get("OTEL_TRACES_EXPORTER") != _OFF
        if not is_on or variables.get("OTEL_SDK_DISABLED", "").lower() == "true":
            return cls(provider, None)
        try:
            traces = cls(provider, RunExporter.create(variables))
        except Exception:
            # An agent whose traces cannot be sent works all the same.
            log("telemetry.off", level="WARNING", exc_info=True)
            return cls(provider, None)
        for name in LIBRARIES:
            # The line `tracing.not_exported` says the same, once.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        trace.set_tracer_provider(provider)
        return traces

    def prepare(self) -> None:
        """Have the collector's keys read while the agent works, so that the reply need not wait for them."""
        if self._exporter is not None:
            Thread(target=self._exporter.prepare, name="longrun-keys", daemon=True).start()

    @contextmanager
    def run(
        self, labels: RunLabels, question: str, traceparent: str = "", variables: Mapping[str, str] = os.environ
    ) -> Iterator[RunSpan]:
        """The root span of a run; at the block's end all its spans are sent, which takes BOUND_SECONDS at most and
        never raises. Everything started inside is below it, in tasks and threads too.

        `traceparent` names the caller's span ("" begins a trace); X-Ray's trace of this invocation is linked. A flag
        by which either of them is not sampled is ignored: it was set for another backend.
        """
        root = RunSpan(trace.INVALID_SPAN)
        if self._exporter is None:
            yield root
            return
        collected = _Collected(labels.attributes())
        attributes: dict[str, str | bool] = {MARK: ROOT, AS_ROOT: True, INPUT: question}
        attributes |= {"gen_ai.agent.name": labels.agent}
        # Attached as a whole: a span that becomes the current one keeps what else the current context has, and nothing
        # of the one that it was started in.
        token = context.attach(context.set_value(_RUN, collected, with_labels(labels, _parent(traceparent))))
        try:
            with self._tracer.start_as_current_span(
                f"run {labels.agent}", None, SpanKind.SERVER, attributes, _links(variables), record_exception=False
            ) as span:
                root = RunSpan(span)
                yield root
        finally:
            context.detach(token)
            self._collector.close(collected)
            if not root.is_discarded:
                self._send(self._exporter, collected.spans)

    def _send(self, exporter: RunExporter, spans: Sequence[ReadableSpan]) -> None:
        # A list, which the thread fills: its end alone is no success.
        failures: list[str] = []
        sending = Thread(target=lambda: failures.append(exporter.send(spans)), name="longrun-export", daemon=True)
        sending.start()
        sending.join(self._bound_seconds)
        reason = failures[0] if failures else "no answer in time"
        if reason:
            log(
                "tracing.not_exported",
                level="WARNING",
                collector=urlsplit(exporter.url).hostname,
                spans=len(spans),
                reason=reason,
            )


def run_provider(service: str) -> TracerProvider:
    """Records every trace, also those of a caller that does not sample them."""
    return TracerProvider(ALWAYS_ON, Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False)


def _parent(traceparent: str) -> Context:
    """A new context, so that nothing of an earlier run is above this one."""
    place = TraceContext.from_traceparent(traceparent)
    return Context() if place is None else trace.set_span_in_context(NonRecordingSpan(_remote(place)), Context())


def _links(variables: Mapping[str, str]) -> list[Link]:
    place = TraceContext.from_xray_header(variables.get(_XRAY_VARIABLE, ""))
    return [] if place is None else [Link(_remote(place), {"longrun.link": "xray"})]


def _remote(place: TraceContext) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if place.is_sampled else TraceFlags.DEFAULT)
    return SpanContext(int(place.trace_id, 16), int(place.span_id, 16), is_remote=True, trace_flags=flags)


def _is_infrastructure(span: ReadableSpan) -> bool:
    """Whether the span is that of a library below the agent: an HTTP client, AWS's SDK, a database."""
    scope = span.instrumentation_scope.name if span.instrumentation_scope else ""
    if scope == _OURS or scope.startswith(_STRANDS) or _OPERATION in (span.attributes or {}):
        return False
    return scope.startswith(_INSTRUMENTATION) or span.kind is not SpanKind.INTERNAL
