"""Background runs of a sandbox by its public interfaces: event bus, journal, the state machine's history."""

import json
from typing import Any

from tests.system.harness import Deployment, wait_for

QUESTION = "Did the training programme raise earnings?"
LONG = 180.0
"""Seconds for three agents in turn on a machine that is busy with other tests."""

TERMINAL = {"SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT"}


def put(deployment: Deployment, **detail: Any) -> str:  # noqa: ANN401  any JSON
    """Put one event to the bus; its id, which is the run's."""
    entry = {
        "EventBusName": deployment.state.outputs["event_bus"],
        "Source": "longrun",
        "DetailType": "RunRequested",
        "Detail": json.dumps({"question": QUESTION, **detail}),
    }
    answer = deployment.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    event_id: str = answer["Entries"][0]["EventId"]
    return event_id


def events(deployment: Deployment, run_id: str) -> list[dict[str, Any]]:
    """The run's journal as the table holds it: type, seq and data of every event."""
    return [
        {"seq": int(item["seq"]["N"]), "type": item["type"]["S"], "at": item["at"]["S"], "data": data_of(item)}
        for item in deployment.items(run_id)
    ]


def data_of(item: Any) -> dict[str, Any]:  # noqa: ANN401  an item as boto3 has it
    data: dict[str, Any] = json.loads(item["data"]["S"]) if "data" in item else {}
    return data


def kinds(deployment: Deployment, run_id: str) -> list[str]:
    return [event["type"] for event in events(deployment, run_id)]


def has(deployment: Deployment, run_id: str, kind: str, count: int = 1) -> bool:
    return kinds(deployment, run_id).count(kind) >= count


def wait_for_event(deployment: Deployment, run_id: str, kind: str, count: int = 1) -> None:
    wait_for(lambda: has(deployment, run_id, kind, count), f"{kind} of run {run_id}", LONG)


def status(deployment: Deployment, run_id: str) -> str | None:
    """None until the run is known."""
    head = deployment.head(run_id)
    return None if head is None else str(head["status"]["S"])


def wait_for_end(deployment: Deployment, run_id: str) -> str:
    wait_for(lambda: status(deployment, run_id) in TERMINAL, f"the end of run {run_id}", LONG)
    return str(status(deployment, run_id))


def executions(deployment: Deployment, run_id: str) -> list[str]:
    """ARNs of the executions that were started by this event."""
    client = deployment.client("stepfunctions")
    machine = deployment.state.outputs["state_machine"]
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=machine)
    arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
    return [arn for arn in arns if run_id in client.describe_execution(executionArn=arn)["input"]]


def wait_for_execution(deployment: Deployment, run_id: str) -> dict[str, Any]:
    """The description of the event's one execution, once it has ended."""
    (arn,) = executions(deployment, run_id)

    def described() -> dict[str, Any]:
        found: dict[str, Any] = deployment.client("stepfunctions").describe_execution(executionArn=arn)
        return found

    wait_for(lambda: described()["status"] != "RUNNING", f"the end of execution {arn}", LONG)
    return described()


def history(deployment: Deployment, execution_arn: str) -> list[dict[str, Any]]:
    pages = deployment.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=execution_arn) for event in page["events"]]


def sessions(deployment: Deployment, run_id: str) -> list[dict[str, Any]]:
    """The live sessions of a run on the sandbox's AgentCore."""
    listed = deployment.sidecar("GET", "/_longrun/sessions")["sessions"]
    return [session for session in listed if session["session_id"] == run_id]


def assert_journal_is_whole(deployment: Deployment, run_id: str) -> None:
    """Numbers without gap, exactly one end, which is the last."""
    found = events(deployment, run_id)
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    endings = [event["seq"] for event in found if event["type"].startswith("RUN_") and event["seq"] > 1]
    assert endings == [len(found)]
