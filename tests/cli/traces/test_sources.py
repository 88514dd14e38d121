import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cli.deployment.deployment import Deployment
from cli.errors import CliError
from cli.traces.sources import read_spans
from runtime.tracing.spans import traced, traced_workflow
from sandbox.sidecar.traces.collector import Traces, TraceStore
from tests.runtime.agentcore_door import served

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = "0af7651916cd43dd8448eb211c80319c"
RUN_ID = "0193a1b2-0000-7000-8000-000000000001"
ARN = "arn:aws:states:us-east-1:000000000000:execution:analysis:one"
RUN = {
    "executionArn": ARN,
    "stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:analysis",
    "name": "one",
    "status": "SUCCEEDED",
    "startDate": 1_002.5,
    "stopDate": 1_060.0,
    "input": json.dumps({"time": "1970-01-01T00:16:40Z"}),
}


@dataclasses.dataclass
class Emulator:
    """Step Functions of one execution, and the sidecar's collector."""

    url: str
    executions: dict[str, dict[str, Any]]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    executions = {ARN: RUN}

    async def describe(request: Request) -> Response:
        found = executions.get(json.loads(await request.body())["executionArn"])
        return JSONResponse(found or {"__type": "ExecutionDoesNotExist", "message": "no"}, 200 if found else 400)

    app = Starlette(routes=[Route("/", describe, methods=["POST"]), *Traces(TraceStore()).routes()])
    with served(app) as url:
        yield Emulator(url, executions)


@pytest.fixture
def deployment(emulator: Emulator) -> Deployment:
    return Deployment("the sandbox", "ws://x", "NONE", "us-east-1", emulator.url, emulator.url)


def work(emulator: Emulator) -> None:
    """What the functions of a run export."""
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": emulator.url}
    with traced_workflow("event-door", RUN_ID, GIVEN, {"run_id": RUN_ID}, variables) as door:
        workflow = door.parent
    with traced("invoker", workflow, {"agent": "explorer"}, variables) as invoker, invoker.child("InvokeAgentRuntime"):
        pass


def test_a_run_in_the_sandbox_is_one_tree_from_its_event_on(emulator: Emulator, deployment: Deployment) -> None:
    work(emulator)

    spans = read_spans(deployment, TRACE, ARN)

    names = {span.span_id: span.name for span in spans}
    assert {span.name: names.get(span.parent_id, "") for span in spans} == {
        "event": "",
        "workflow": "event",
        "event-door": "workflow",
        "invoker": "workflow",
        "InvokeAgentRuntime": "invoker",
    }
    assert spans[0].span_id == "b7ad6b7169203331", "the span that the client made"
    assert (spans[0].start, spans[1].start, spans[1].end) == (1_000.999, 1_002.5, 1_060.0)


@pytest.mark.parametrize("given", [{"time": "1970-01-01T00:16:42Z"}, {"time": "nonsense"}, {}, []])
def test_an_events_whole_second_makes_no_delay_that_was_not_there(
    emulator: Emulator, deployment: Deployment, given: object
) -> None:
    work(emulator)
    emulator.executions[ARN] = {**RUN, "input": json.dumps(given)}

    event, workflow = read_spans(deployment, TRACE, ARN)[:2]

    assert event.start == workflow.start == 1_002.5


def test_an_execution_that_is_forgotten_does_not_hide_the_spans(emulator: Emulator, deployment: Deployment) -> None:
    work(emulator)
    emulator.executions.clear()

    assert [span.name for span in read_spans(deployment, TRACE, ARN)][:2] == ["event", "workflow"]


def test_a_failed_execution_shows_why(emulator: Emulator, deployment: Deployment) -> None:
    emulator.executions[ARN] = {**RUN, "status": "FAILED", "error": "AGENT_LOST", "cause": "the agent is lost"}

    (workflow,) = read_spans(deployment, TRACE, ARN)

    assert (workflow.status, workflow.error) == ("ERROR", "the agent is lost")


def test_a_trace_without_a_span_is_reported(deployment: Deployment) -> None:
    with pytest.raises(CliError, match=f"no span of trace {TRACE} has arrived") as caught:
        read_spans(deployment, TRACE)

    assert caught.value.code == "NO_TRACE"


@pytest.mark.parametrize(("sidecar", "code"), [(None, "NO_SANDBOX"), ("http://127.0.0.1:9", "UNREACHABLE")])
def test_a_collector_that_cannot_be_asked_is_reported(deployment: Deployment, sidecar: str | None, code: str) -> None:
    with pytest.raises(CliError) as caught:
        read_spans(dataclasses.replace(deployment, sidecar_url=sidecar), TRACE)

    assert caught.value.code == code
