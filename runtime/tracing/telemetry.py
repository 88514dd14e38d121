"""Traces of processes with agents: OpenTelemetry's SDK; Strands' spans (agent, cycle, model, tool) are children of the
process's own.

They go to the collector that the OTEL_EXPORTER_OTLP_* variables name. Where none is named, a function sends nothing,
and the AgentCore app sends to X-Ray's OTLP address in its region, signed. X-Ray takes them only in accounts where
CloudWatch Transaction Search is on.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from runtime.process.logs import log
from runtime.tracing.export import collector
from runtime.tracing.exporters import LIBRARIES, keyed_session
from runtime.tracing.keys import collector_keys
from runtime.tracing.labelled import LabelProcessor, with_labels
from runtime.tracing.labels import RunLabels, usage_attributes

if TYPE_CHECKING:
    from requests import Response

XRAY_PATH: Final = "/v1/traces"
AGENT_NAME: Final = "gen_ai.agent.name"

CONTENT: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"
"""Which attributes Strands writes."""
WITHOUT_CONTENT: Final = "gen_ai_latest_experimental,gen_ai_unredacted_attributes="
"""Today's names, and nothing of what was said."""

_USED: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "model_calls")
_OFF: Final = "none"
_BATCH_MILLISECONDS: Final = 1_000
"""Between two batches; spans that a killed process has not sent are lost. The SDK would wait 5,000."""

_NOT_TAKEN: Final = 400
_ANSWER_LENGTH: Final = 200


class StepSpan:
    """The span of a run, or of a step of one, while it is under way."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def fail(self, message: str) -> None:
        """Marks the step as failed; an exception that leaves the block does so by itself."""
        self._span.set_status(Status(StatusCode.ERROR, message))

    def conclude(self, measured: Mapping[str, Any]) -> None:
        """How the work has ended, as a worker measures it: what was used, the `ending`, and the `error` if any."""
        used = {name: measured[name] for name in _USED if name in measured}
        self._span.set_attributes({**usage_attributes(used), "longrun.ending": str(measured.get("ending", ""))})
        if measured.get("error"):
            self.fail(str(measured["error"]))


class Telemetry:
    """Where the process's spans go. They are sent in batches, once a second, by a thread."""

    def __init__(self, provider: TracerProvider) -> None:
        provider.add_span_processor(LabelProcessor())
        self._provider = provider
        self._tracer = provider.get_tracer("longrun")
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def start(
        cls, service: str, variables: Mapping[str, str] = os.environ, *, begins_traces: bool = True
    ) -> "Telemetry":
        """Install it for this process, once, in the process that serves: its thread would not survive a fork.

        With `begins_traces` false, work without a trace context is not recorded. OTEL_SERVICE_NAME overrides `service`;
        OTEL_TRACES_EXPORTER=none or OTEL_SDK_DISABLED=true turns it off.
        """
        os.environ.setdefault(CONTENT, WITHOUT_CONTENT)
        name = variables.get("OTEL_SERVICE_NAME") or service
        sampler = None if begins_traces else ParentBased(ALWAYS_OFF)
        provider = TracerProvider(sampler, Resource.create({SERVICE_NAME: name}))
        if variables.get("OTEL_TRACES_EXPORTER") != _OFF:
            try:
                exporter = _exporter(variables)
            except Exception:
                # An agent whose traces cannot be sent works all the same.
                log("telemetry.off", level="WARNING", exc_info=True)
            else:
                delay = float(variables.get("OTEL_BSP_SCHEDULE_DELAY") or _BATCH_MILLISECONDS)
                provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=delay))
        trace.set_tracer_provider(provider)
        return cls(provider)

    @classmethod
    def of_function(cls, service: str, variables: Mapping[str, str] = os.environ) -> "Telemetry | None":
        """As start, for a process whose segments X-Ray has: None where no collector is named."""
        return cls.start(service, variables) if collector(variables) else None

    @contextmanager
    def step(self, run_id: str, agent: str, step: int, traceparent: str) -> Iterator[StepSpan]:
        """The span of an agent's step in a background run, see span."""
        named: dict[str, str | int] = {"agent": agent, "step": step, AGENT_NAME: agent}
        with self.span(f"step {agent}", traceparent, RunLabels(run_id, run_id), named) as span:
            yield span

    @contextmanager
    def run(self, labels: RunLabels, epoch: int, traceparent: str) -> Iterator[StepSpan]:
        """The span of a worker's part of a run: the whole, or what comes before or after a question. See span."""
        named: dict[str, str | int] = {"epoch": epoch, AGENT_NAME: labels.agent}
        with self.span(f"run {labels.agent}", traceparent, labels, named) as span:
            yield span

    @contextmanager
    def span(
        self, name: str, traceparent: str, labels: RunLabels, attributes: Mapping[str, str | int]
    ) -> Iterator[StepSpan]:
        """A span below the one that `traceparent` names ("" begins a trace).

        Everything started inside is a child of it, in tasks and threads too, as they inherit the context; all have the
        labels.
        """
        with self.inside(traceparent, labels), self._tracer.start_as_current_span(name, attributes=attributes) as span:
            yield StepSpan(span)

    @contextmanager
    def inside(self, traceparent: str, labels: RunLabels) -> Iterator[None]:
        """As span, without a span of its own."""
        parent = self._propagator.extract({"traceparent": traceparent}, Context())
        # Attached as a whole, so that nothing of an earlier run is above this one.
        token = contexts.attach(with_labels(labels, parent))
        try:
            yield
        finally:
            contexts.detach(token)

    def flush(self, timeout: float) -> bool:
        """Send the spans that wait, within `timeout` seconds; returns whether all were sent. It blocks, so it must not
        run on the event loop."""
        # The SDK does not respect the time limit of its own flush.
        flushing = Thread(target=self._provider.force_flush, name="longrun-flush", daemon=True)
        flushing.start()
        flushing.join(timeout)
        return not flushing.is_alive()


def _exporter(variables: Mapping[str, str]) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  40 ms

    _FirstError.install()
    endpoint = collector(variables)
    if endpoint:
        keys = collector_keys(variables)
        return OTLPSpanExporter(endpoint=endpoint, session=keyed_session(keys) if keys else None)
    region = variables.get("AWS_REGION") or variables["AWS_DEFAULT_REGION"]
    return OTLPSpanExporter(endpoint=xray_address(region), session=_signed_session(region))


def xray_address(region: str) -> str:
    """The address at which X-Ray takes spans in a region."""
    from runtime.process.aws_clients import endpoint_of  # noqa: PLC0415  only on AWS

    return f"{endpoint_of('xray', region)}{XRAY_PATH}"


def _signed_session(region: str) -> Any:  # noqa: ANN401  requests has no types of its own
    from requests import PreparedRequest, Session  # noqa: PLC0415  only on AWS
    from requests.auth import AuthBase  # noqa: PLC0415

    from runtime.process.signing import Signer  # noqa: PLC0415

    signer = Signer.create("xray", region)

    class _Signature(AuthBase):
        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            body = request.body if isinstance(request.body, bytes) else b""
            request.headers.update(signer.headers(str(request.method), str(request.url), body, {}))
            return request

    session = Session()
    session.auth = _Signature()
    session.hooks["response"].append(_explain)
    return session


def _explain(response: "Response", **_: object) -> None:
    if response.status_code == _NOT_TAKEN:
        message = "X-Ray rejected the spans (%s); CloudWatch Transaction Search must be on in this account and region"
        logging.getLogger(LIBRARIES[0]).error(message, response.text[:_ANSWER_LENGTH])


class _FirstError(logging.Filter):
    """Lets one error pass and no more: the next batches would report the same."""

    def __init__(self) -> None:
        super().__init__()
        self._has_passed = False

    @classmethod
    def install(cls) -> None:
        """One filter for all the libraries' loggers, in place of any of before."""
        once = cls()
        for logger in map(logging.getLogger, LIBRARIES):
            for earlier in [found for found in logger.filters if isinstance(found, cls)]:
                logger.removeFilter(earlier)
            logger.addFilter(once)

    def filter(self, record: logging.LogRecord) -> bool:
        if self._has_passed or record.levelno < logging.ERROR:
            return False
        self._has_passed = True
        return True
