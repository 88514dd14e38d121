"""A run of the ReAct workflow starts as an execution whose name is the run's id."""

import asyncio
import json
from typing import Any

import pytest

from client import Execution, RequestError, Target, Workflow
from contract.workflow_input import read_workflow_input
from tests.client.aws import Aws

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
STATE_MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:longrun-dev-agent-sm"


def start(aws: Aws, question: str = "Why?", **given: Any) -> Execution:  # noqa: ANN401  arguments of Workflow.start
    workflow = Workflow(STATE_MACHINE, Target("ws://127.0.0.1:9/live", user="jo"), aws.url)
    return asyncio.run(workflow.start(question, **given))


def test_the_execution_has_the_runs_id_and_an_input_that_the_workflow_reads(aws: Aws) -> None:
    started = start(aws, "Why — and how?", session_id="s-1", agent="a", run_id=RUN_ID, answers=["regression", 3])

    asked = aws.executions[RUN_ID]
    document = json.loads(asked["input"])
    read = read_workflow_input(document)
    assert asked["stateMachineArn"] == STATE_MACHINE
    assert document["runId"] == RUN_ID == started.run_id
    assert (read.question, read.session_id, read.agent, read.owner) == ("Why — and how?", "s-1", "a", "jo")
    assert read.answers == ("regression", 3)
    assert read.traceparent.split("-")[1] == started.trace_id
    assert started.arn == f"arn:aws:states:us-east-1:000000000000:execution:longrun-dev-agent-sm:{RUN_ID}"


def test_a_run_id_that_an_execution_has_is_a_conflict(aws: Aws) -> None:
    start(aws, run_id=RUN_ID)

    with pytest.raises(RequestError) as caught:
        start(aws, run_id=RUN_ID)

    assert (caught.value.code, caught.value.run_id) == ("CONFLICT", RUN_ID)


@pytest.mark.parametrize(
    "given",
    [{"question": " "}, {"run_id": "7"}, {"answers": ["a"] * 11}, {"session_id": "a b"}],
    ids=["question", "run-id", "answers", "session"],
)
def test_an_input_that_the_workflow_would_reject_is_rejected_before_it_is_sent(aws: Aws, given: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        start(aws, **given)

    assert caught.value.code == "INVALID_REQUEST"
    assert aws.executions == {}
