"""Definitions of state machines: what they ask of the role."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.access.keys import Keys
from sandbox.cloud.cloud import Cloud
from sandbox.resource_handlers.checks.definition import required_permissions, tasks

CLOUD = Cloud("http://127.0.0.1:1", "us-east-1", Path("python"), upload=False, keys=Keys.create())
LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"


def test_tasks_are_found_in_branches_and_iterations() -> None:
    task = {"Type": "Task", "Resource": LAMBDA, "End": True}
    states = {
        "A": {"Type": "Parallel", "Branches": [{"StartAt": "X", "States": {"X": task}}], "Next": "B"},
        "B": {"Type": "Map", "ItemProcessor": {"StartAt": "Y", "States": {"Y": task}}, "Next": "C"},
        "C": task,
    }

    assert [name for name, _ in tasks({"StartAt": "A", "States": states})] == ["X", "Y", "C"]


INVOKE = "arn:aws:states:::lambda:invoke"
QUERY = "arn:aws:states:::aws-sdk:dynamodb:query"
TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/runs"


RUN_TASK = "arn:aws:states:::ecs:runTask.waitForTaskToken"
EDA = "arn:aws:ecs:us-east-1:000000000000:task-definition/eda"
CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/tools"
RUNNING = f"arn:aws:ecs:us-east-1:000000000000:task/tools/{'0' * 32}"


@pytest.mark.parametrize(
    ("resource", "arguments", "asked"),
    [
        (LAMBDA, {}, [("lambda:InvokeFunction", LAMBDA)]),
        (INVOKE, {"FunctionName": LAMBDA}, [("lambda:InvokeFunction", LAMBDA)]),
        (f"{INVOKE}.waitForTaskToken", {"FunctionName": "f"}, [("lambda:InvokeFunction", LAMBDA)]),
        (QUERY, {"TableName": "runs"}, [("dynamodb:Query", TABLE)]),
        (QUERY, {"TableName": TABLE, "IndexName": "by-owner"}, [("dynamodb:Query", f"{TABLE}/index/by-owner")]),
        ("arn:aws:states:::dynamodb:putItem", {"TableName": "runs"}, [("dynamodb:PutItem", TABLE)]),
        (INVOKE, {"FunctionName": "{% $states.input.function %}"}, []),
        ("arn:aws:states:::sqs:sendMessage", {"QueueUrl": "u"}, []),
        (RUN_TASK, {"TaskDefinition": f"{EDA}:7", "Cluster": CLUSTER}, [("ecs:RunTask", f"{EDA}:7")]),
        (
            RUN_TASK,
            {"TaskDefinition": EDA, "Cluster": CLUSTER, "PropagateTags": "TASK_DEFINITION"},
            [("ecs:RunTask", f"{EDA}:1"), ("ecs:TagResource", RUNNING)],
        ),
        (RUN_TASK, {"TaskDefinition": "eda", "Cluster": "tools", "Tags": [{}]}, [("ecs:TagResource", RUNNING)]),
    ],
)
def test_a_task_asks_the_role_for_what_it_calls(
    resource: str, arguments: dict[str, Any], asked: list[tuple[str, str]]
) -> None:
    task = {"Type": "Task", "Resource": resource, "Arguments": arguments}

    assert required_permissions(CLOUD, task) == asked
