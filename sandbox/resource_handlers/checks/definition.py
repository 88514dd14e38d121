"""Finds the permissions that the role of a state machine needs. The emulator has accepted the definition."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from sandbox.cloud.cloud import Cloud

State: TypeAlias = dict[str, Any]

_INTEGRATION = "arn:aws:states:::"


def tasks(definition: State) -> Iterator[tuple[str, State]]:
    """Yields every Task with its name, including those in branches and iterations."""
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state
        for inner in _inner(state):
            yield from tasks(inner)


def required_permission(cloud: Cloud, task: State) -> tuple[str, str] | None:
    """Returns the action and resource that the machine's role must allow; None where the definition does not show
    them."""
    resource = str(task.get("Resource", ""))
    arguments = task.get("Arguments", task.get("Parameters")) or {}
    if ":function:" in resource:
        return "lambda:InvokeFunction", resource
    service, _, action = resource.removeprefix(_INTEGRATION).removeprefix("aws-sdk:").partition(":")
    action = action.partition(".")[0]
    function, table = arguments.get("FunctionName", ""), arguments.get("TableName", "")
    if (service, action) == ("lambda", "invoke") and _is_literal(function):
        arn = function if ":" in function else cloud.arn("lambda", f"function:{function}")
        return "lambda:InvokeFunction", arn
    definition = arguments.get("TaskDefinition", "")
    if (service, action) == ("ecs", "runTask") and _is_literal(definition) and ":task-definition/" in definition:
        return "ecs:RunTask", definition
    if service == "dynamodb" and _is_literal(table):
        own = table if ":" in table else cloud.arn("dynamodb", f"table/{table}")
        index = arguments.get("IndexName")
        return f"dynamodb:{action[:1].upper()}{action[1:]}", f"{own}/index/{index}" if index else own
    return None


def _is_literal(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not value.startswith(("{%", "$"))


def _inner(state: State) -> Iterator[State]:
    yield from state.get("Branches", [])
    yield from (state[key] for key in ("ItemProcessor", "Iterator") if key in state)
