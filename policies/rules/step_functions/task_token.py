"""A task that a state waits for gets the task token; no other state uses one."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import PlacedState, tasks
from policies.rules.step_functions.states.integration import REQUEST, TOKEN, arguments, integration_of
from policies.rules.step_functions.states.jsonata import strings
from policies.rules.step_functions.states.machine import MACHINES, by_definition, is_known

_TOKEN: Final = re.compile(r"(?:\$\$|\$states\.context)(?:\.Task(?:\.Token)?)?(?![\w.])")
"""The token, or what it is in: the context as a whole."""

_ASKED: Final = re.compile(r"(?:\$\$|\$states\.context)\.Task\.Token(?!\w)")


def token_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        found = integration_of(task)
        # A container gets nothing but its overrides, which a rule about tasks on ECS judges.
        if found is not None and found.pattern == TOKEN and found.name != "ecs:runTask":
            yield from _missing(task)
        elif found is not None and found.pattern == REQUEST:
            yield from _asked_in_vain(task)


def passes_token(value: str) -> bool:
    """Whether a text of a definition passes the token on."""
    return _TOKEN.search(value) is not None


def _missing(task: PlacedState) -> Iterator[Finding]:
    given = arguments(task)
    if given is None or not is_known(given[1]):
        return
    field, values = given
    if not any(passes_token(text) for _, text in strings(values)):
        yield Finding(
            property=f"{task.path}.{field}",
            value="without the task token",
            allowed="the token in what the worker is given",
            why="Nothing can report the end, and the task waits until its timeout",
            fix="Pass {% $states.context.Task.Token %}, or $$.Task.Token under a key that ends with .$ in JSONPath",
        )


def _asked_in_vain(task: PlacedState) -> Iterator[Finding]:
    for path, text in strings(task.state):
        if _ASKED.search(text):
            yield Finding(
                property=f"{task.path}.{path}",
                value="the task token",
                allowed="a token in tasks that wait for one",
                why="There is none: the task fails, or ends without waiting for anyone's report",
                fix="Add .waitForTaskToken to the Resource, or leave the token out",
            )


RULE = ResourceRule(
    name="state-machine-task-token",
    description="A Task with .waitForTaskToken passes the token on, and one that awaits an answer only does not.",
    remediation="Pass $states.context.Task.Token ($$.Task.Token in JSONPath) in the arguments.",
    types=MACHINES,
    check=by_definition(token_findings),
)
