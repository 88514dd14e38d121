"""Finds the permissions that the role of a state machine needs. The emulator has accepted the definition."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from sandbox.cloud.cloud import Cloud

State: TypeAlias = dict[str, Any]

_INTEGRATION = "arn:aws:states:::"
_TASK_ID = "0" * 32
"""For any task."""


def tasks(definition: State) -> Iterator[tuple[str, State]]:
    """Yields every Task with its name, including those in branches and iterations."""
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state
        for inner in _inner(state):
            yield from tasks(inner)


def required_permissions(cloud: Cloud, task: State) -> list[tuple[str, str]]:
    """Returns the actions and resources that the machine's role must allow, as far as the definition shows them."""
    arguments = task.get("Arguments", task.get("Parameters")) or {}
    if ":ecs:runTask" in str(task.get("Resource", "")):
        return list(_running(cloud, arguments))
    called = _called(cloud, task, arguments)
    return [called] if called else []


def _called(cloud: Cloud, task: State, arguments: State) -> tuple[str, str] | None:
    resource = str(task.get("Resource", ""))
    if ":function:" in resource:
        return "lambda:InvokeFunction", resource
    service, _, action = resource.removeprefix(_INTEGRATION).removeprefix("aws-sdk:").partition(":")
    action = action.partition(".")[0]
    function, table = arguments.get("FunctionName", ""), arguments.get("TableName", "")
    if (service, action) == ("lambda", "invoke") and _is_literal(function):
        arn = function if ":" in function else cloud.arn("lambda", f"function:{function}")
        return "lambda:InvokeFunction", arn
    if service == "dynamodb" and _is_literal(table):
        own = table if ":" in table else cloud.arn("dynamodb", f"table/{table}")
        index = arguments.get("IndexName")
        return f"dynamodb:{action[:1].upper()}{action[1:]}", f"{own}/index/{index}" if index else own
    return None


def _running(cloud: Cloud, arguments: State) -> Iterator[tuple[str, str]]:
    """What running a task demands. Its tags, also those of its definition, are a permission of their own."""
    definition, cluster = arguments.get("TaskDefinition", ""), arguments.get("Cluster", "default")
    if _is_literal(definition) and ":task-definition/" in definition:
        # Without a revision, ECS runs the newest, and authorises that.
        yield "ecs:RunTask", definition if ":" in definition.partition(":task-definition/")[2] else f"{definition}:1"
    if (arguments.get("PropagateTags") == "TASK_DEFINITION" or arguments.get("Tags")) and _is_literal(cluster):
        yield "ecs:TagResource", cloud.arn("ecs", f"task/{cluster.rpartition('/')[2]}/{_TASK_ID}")


def _is_literal(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not value.startswith(("{%", "$"))


def _inner(state: State) -> Iterator[State]:
    yield from state.get("Branches", [])
    yield from (state[key] for key in ("ItemProcessor", "Iterator") if key in state)
