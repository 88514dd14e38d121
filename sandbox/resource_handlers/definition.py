"""Validates the definition of a state machine, and finds the permissions that the machine's role needs.

The emulator accepts any text. Only what AWS rejects is checked here; the policies check style and limits.
"""

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import ValidationError

State: TypeAlias = dict[str, Any]

_ENDLESS = frozenset({"Choice", "Fail", "Succeed"})
_TYPES = frozenset({"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"})
_INTEGRATION = "arn:aws:states:::"


def read_definition(text: str) -> State:
    """Returns the definition. Every transition in it leads to a state, and every state can be reached.

    Raises ValidationError.
    """
    try:
        definition = json.loads(text)
    except ValueError as error:
        raise ValidationError(f"definition is not JSON: {error}") from error
    if not isinstance(definition, dict):
        raise ValidationError("definition is not a JSON object")
    _validate(definition, "the definition")
    return definition


def tasks(definition: State) -> Iterator[tuple[str, State]]:
    """Yields every Task with its name, including those in branches and iterations."""
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state
        for _, inner in _inner(name, state):
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
    if service == "dynamodb" and _is_literal(table):
        own = table if ":" in table else cloud.arn("dynamodb", f"table/{table}")
        index = arguments.get("IndexName")
        return f"dynamodb:{action[:1].upper()}{action[1:]}", f"{own}/index/{index}" if index else own
    return None


def _is_literal(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not value.startswith(("{%", "$"))


def _validate(machine: State, where: str) -> None:
    states, start = machine.get("States"), machine.get("StartAt")
    if not isinstance(states, dict) or not states:
        raise ValidationError(f"{where} has no States")
    reached = {_existing(start, states, f"StartAt of {where}")}
    for name, state in states.items():
        if state.get("Type") not in _TYPES:
            raise ValidationError(
                f"state {name} has the Type {state.get('Type')}; allowed: {', '.join(sorted(_TYPES))}"
            )
        if state["Type"] not in _ENDLESS and bool(state.get("End")) == ("Next" in state):
            raise ValidationError(f"state {name} needs either Next or End")
        reached |= {_existing(target, states, f"a transition of state {name}") for target in _targets(state)}
        for role, inner in _inner(name, state):
            _validate(inner, role)
    if unreached := [name for name in states if name not in reached]:
        raise ValidationError(f"state {unreached[0]} is not reachable; no transition leads to it")


def _existing(target: object, states: State, what: str) -> str:
    if target not in states:
        raise ValidationError(f"{what} leads to {target}, which is not a state; the states are {', '.join(states)}")
    return str(target)


def _targets(state: State) -> Iterator[object]:
    for holder in (state, *state.get("Choices", []), *state.get("Catch", [])):
        if "Next" in holder:
            yield holder["Next"]
    if "Default" in state:
        yield state["Default"]


def _inner(name: str, state: State) -> Iterator[tuple[str, State]]:
    for number, branch in enumerate(state.get("Branches", [])):
        yield f"branch {number} of state {name}", branch
    for key in ("ItemProcessor", "Iterator"):
        if key in state:
            yield f"{key} of state {name}", state[key]
