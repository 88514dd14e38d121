import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runtime.tracing import telemetry as telemetry_module
from runtime.tracing.telemetry import Telemetry
from sandbox.sidecar.traces.otlp import Span, read_spans
from tests.runtime.agentcore_door import SECRETS
from tests.runtime.collector import Collector

ROOT = Path(__file__).parents[3]
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{SPAN}-01"


def hosted(collector: Collector, traceparent: str, **variables: str) -> list[Span]:
    """What a host whose agent calls a tool exports."""
    environment = {**os.environ, **collector.variables, **variables, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.runtime.traced_agent", traceparent]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, timeout=60)  # noqa: S603  our own process
    return [span for body in collector.bodies for span in read_spans(body, "application/x-protobuf", "")]


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    made = TracerProvider(shutdown_on_exit=False)
    yield made
    made.shutdown()


def test_the_agents_own_spans_hang_below_the_step_and_the_step_below_the_invoker(collector: Collector) -> None:
    spans = hosted(collector, GIVEN)

    assert {span.trace_id for span in spans} == {TRACE}
    assert {span.service for span in spans} == {"longrun-agents"}
    by_id = {span.span_id: span for span in spans}
    explorer, estimator = (
        next(span for span in spans if span.name == f"step {name}") for name in ("explorer", "estimator")
    )
    assert explorer.parent_id == estimator.parent_id == SPAN
    run_id = explorer.attributes["run_id"]
    labels = {
        "run_id": run_id,
        "gen_ai.conversation.id": run_id,
        "session.id": run_id,
        "langfuse.trace.tags": [f"run-{run_id}"],
    }
    assert explorer.attributes == {**labels, "agent": "explorer", "gen_ai.agent.name": "explorer", "step": 1}
    assert all(labels.items() <= span.attributes.items() for span in spans)
    assert all("gen_ai.system" not in span.attributes for span in spans), "today's names only"
    assert (estimator.status, estimator.error) == ("ERROR", "the model refused")
    others = [span for span in spans if span not in (explorer, estimator)]
    assert {"execute_tool add", "chat"} <= {span.name for span in others}
    for span in others:
        above = span
        while above.parent_id in by_id:
            above = by_id[above.parent_id]
        assert above is explorer, span.name


def test_a_name_of_the_users_goes_before_ours(collector: Collector) -> None:
    assert {span.service for span in hosted(collector, "", OTEL_SERVICE_NAME="mine")} == {"mine"}


@pytest.mark.parametrize("off", [{"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_SDK_DISABLED": "true"}])
def test_it_can_be_turned_off(collector: Collector, off: dict[str, str]) -> None:
    assert hosted(collector, GIVEN, **off) == []
    assert not collector.bodies


def test_a_server_can_leave_out_what_has_no_place_in_a_trace(collector: Collector) -> None:
    code = f"""
from runtime.tracing.telemetry import Telemetry
telemetry = Telemetry.start("tools", begins_traces=False)
for traceparent in ("", {GIVEN!r}):
    with telemetry.step("r", "a", 1, traceparent): pass
assert telemetry.flush(5)
"""
    environment = {**os.environ, **collector.variables, "PYTHONPATH": str(ROOT)}

    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)  # noqa: S603  our own process

    (span,) = [span for body in collector.bodies for span in read_spans(body, "application/x-protobuf", "")]
    assert (span.trace_id, span.parent_id) == (TRACE, SPAN)


@pytest.mark.parametrize("traceparent", ["", "nonsense"])
def test_without_a_place_in_a_trace_the_step_begins_one(
    provider: TracerProvider, kept: InMemorySpanExporter, traceparent: str
) -> None:
    provider.add_span_processor(SimpleSpanProcessor(kept))

    with Telemetry(provider).step("r", "explorer", 1, traceparent):
        pass

    assert kept.get_finished_spans()[0].parent is None


def test_what_is_not_sampled_is_not_recorded(provider: TracerProvider, kept: InMemorySpanExporter) -> None:
    provider.add_span_processor(SimpleSpanProcessor(kept))

    with Telemetry(provider).step("r", "explorer", 1, f"00-{TRACE}-{SPAN}-00"):
        pass

    assert not kept.get_finished_spans()


def test_a_flush_ends_in_time_whatever_the_collector_does(collector: Collector, provider: TracerProvider) -> None:
    collector.hold = threading.Event()
    exporter = telemetry_module._exporter(collector.variables)  # noqa: SLF001  without making it the process's
    provider.add_span_processor(BatchSpanProcessor(exporter))
    telemetry = Telemetry(provider)
    with telemetry.step("r", "explorer", 1, ""):
        pass

    started = time.monotonic()
    assert not telemetry.flush(0.2)
    assert time.monotonic() - started < 2

    collector.hold.set()
    assert telemetry.flush(10)


def exported(exporter: SpanExporter, provider: TracerProvider) -> None:
    processor = SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor)
    for _ in range(3):
        with Telemetry(provider).step("r", "explorer", 1, GIVEN):
            pass


def test_a_collector_that_refuses_is_told_once(
    collector: Collector, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    collector.status = 400

    exported(telemetry_module._exporter(collector.variables), provider)  # noqa: SLF001

    assert len(collector.bodies) == 3
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


@pytest.fixture
def xray(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Collector:
    """X-Ray's OTLP address, on this machine, for a host with credentials."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(telemetry_module, "xray_address", lambda region: f"{collector.url}/v1/traces?{region}")
    return collector


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "xray.us-east-1.amazonaws.com"),
        ("us-gov-west-1", "xray.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "xray.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "xray.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_xray_has_the_domain_of_the_regions_partition(region: str, host: str) -> None:
    assert telemetry_module.xray_address(region) == f"https://{host}/v1/traces"


def test_without_a_collector_spans_go_to_xray_signed(xray: Collector, provider: TracerProvider) -> None:
    exported(telemetry_module._exporter({"AWS_DEFAULT_REGION": "eu-west-1"}), provider)  # noqa: SLF001

    headers = xray.headers[0]
    signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = AWSRequest(
        "POST",
        f"{xray.url}/v1/traces?eu-west-1",
        headers={name: headers[name] for name in signed},
        data=xray.bodies[0],
    )
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(*SECRETS.values()), "xray", "eu-west-1")
    canonical = signer.canonical_request(request)
    assert headers["authorization"].endswith(signer.signature(signer.string_to_sign(request, canonical), request))


def test_xray_without_transaction_search_is_told_once_with_what_to_do(
    xray: Collector, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    xray.status = 400

    exported(telemetry_module._exporter({"AWS_REGION": "eu-west-1"}), provider)  # noqa: SLF001

    (told,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "CloudWatch Transaction Search must be on" in told


def test_a_host_without_credentials_works_without_traces(tmp_path: Path) -> None:
    # In a process of its own, since it becomes the process's telemetry.
    code = (
        "from runtime.tracing.telemetry import Telemetry\n"
        "with Telemetry.start('t').step('r', 'a', 1, ''): print('worked')"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OTEL_"))}
    environment = {
        **kept,
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    done = subprocess.run(  # noqa: S603  our own process
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )

    log, worked = done.stdout.splitlines()
    assert worked == "worked"
    assert (json.loads(log)["event"], "NoCredentialsError" in log) == ("telemetry.off", True)
