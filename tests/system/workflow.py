"""Runs of the ReAct workflow by the public interfaces of a sandbox: executions, their history, tasks and functions."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contract.workflow_input import run_id_of_execution
from tests.system.background import LONG, history
from tests.system.harness import Deployment, RawSocket, wait_for

SESSIONS = "/_longrun/sessions"
TOKEN_TASK = "ecs:runTask.waitForTaskToken"


def start(deployment: Deployment, document: object, name: str | None = None) -> tuple[str, str]:
    """Start an execution with this input; its ARN and the id of its run."""
    named = {} if name is None else {"name": name}
    started = deployment.client("stepfunctions").start_execution(
        stateMachineArn=deployment.state.outputs["workflow_state_machine"], input=json.dumps(document), **named
    )
    arn = str(started["executionArn"])
    return arn, run_id_of_execution(document, arn.rpartition(":")[2], arn)


def ended(deployment: Deployment, arn: str) -> dict[str, Any]:
    """The description of the execution, once it has ended."""
    client = deployment.client("stepfunctions")

    def described() -> dict[str, Any]:
        return dict(client.describe_execution(executionArn=arn))

    wait_for(lambda: described()["status"] != "RUNNING", f"the end of execution {arn}", LONG)
    return described()


def states(deployment: Deployment, arn: str) -> list[str]:
    """The names of the states that the execution has entered, in order."""
    found = history(deployment, arn)
    return [event["stateEnteredEventDetails"]["name"] for event in found if "stateEnteredEventDetails" in event]


def resources_after(deployment: Deployment, arn: str, state: str) -> set[str]:
    """The integrations that were scheduled right after the state was entered."""
    found = history(deployment, arn)
    return {
        following["taskScheduledEventDetails"]["resource"].rpartition(":::")[2]
        for event, following in itertools.pairwise(found)
        if event.get("stateEnteredEventDetails", {}).get("name") == state and "taskScheduledEventDetails" in following
    }


def tasks(deployment: Deployment, status: str, run_id: str | None = None) -> list[dict[str, Any]]:
    """The tasks of ECS with that desired status, of one run or of all."""
    ecs = deployment.client("ecs")
    found: list[dict[str, Any]] = []
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
        found += ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return [task for task in found if run_id is None or _run_of(task) == run_id]


def at_work(deployment: Deployment) -> list[str]:
    """What computes now: sessions of AgentCore, tasks of ECS, and functions that have a call in flight, because they
    are throttled where they are allowed one at a time."""
    found = [f"session {session['session_id']}" for session in deployment.sidecar("GET", SESSIONS)["sessions"]]
    found += [f"task {task['taskArn']}" for task in tasks(deployment, "RUNNING")]
    functions = [function["FunctionName"] for function in deployment.client("lambda").list_functions()["Functions"]]
    assert len(functions) > 10
    return found + [f"function {name}" for name in functions if has_a_call(deployment, name)]


def has_a_call(deployment: Deployment, function: str) -> bool:
    """Whether a call of the function is in flight."""
    client = deployment.client("lambda")
    with _one_at_a_time(client, function):
        try:
            client.invoke(FunctionName=function, Payload=b'{"warm": true}')
        except client.exceptions.TooManyRequestsException:
            return True
    return False


@contextmanager
def following(deployment: Deployment, run_id: str, user: str = "anonymous", after: int = 0) -> Iterator[RawSocket]:
    """A connection that follows the run."""
    with deployment.ws(user) as socket:
        assert socket.ask(action="resume", run_id=run_id, after=after)["type"] == "ack"
        yield socket


@contextmanager
def _one_at_a_time(client: Any, function: str) -> Iterator[None]:  # noqa: ANN401  a boto3 client
    before = client.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    try:
        yield
    finally:
        if before is None:
            client.delete_function_concurrency(FunctionName=function)
        else:
            client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=before)


def _run_of(task: dict[str, Any]) -> str:
    overrides = task["overrides"]["containerOverrides"][0]["environment"]
    return next((one["value"] for one in overrides if one["name"] == "LONGRUN_RUN_ID"), "")
