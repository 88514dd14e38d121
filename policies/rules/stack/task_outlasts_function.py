"""A task waits for its function to the end of the function's own time."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_DEFAULT_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.machine_resources import named_by
from policies.rules.step_functions.states.graph import PlacedState, tasks
from policies.rules.step_functions.states.integration import REQUEST, integration_of
from policies.rules.step_functions.states.machine import MACHINE, parsed
from policies.rules.values import format_number, lookup, number


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    for machine in index.of_types(MACHINE):
        definition = parsed(machine)
        for task in tasks(definition) if definition is not None else ():
            limit, function = number(task.state, "TimeoutSeconds"), _function(index, task)
            timeout = None if function is None else lookup(function.properties, "timeout")
            needed = LAMBDA_DEFAULT_TIMEOUT if timeout is None else timeout
            if function is None or limit is None or not isinstance(needed, int | float) or limit >= needed:
                continue
            yield (
                machine,
                Finding(
                    property=f"{task.path}.TimeoutSeconds",
                    value=format_number(limit),
                    allowed=f"at least {format_number(needed)} s, the timeout of the function '{function.name}'",
                    why="The task times out while the function continues, so a retry does the same work in parallel",
                    fix=f"Set TimeoutSeconds over {format_number(needed)}, or lower the function's timeout",
                ),
            )


def _function(index: Index, task: PlacedState) -> Resource | None:
    """The function whose answer the task awaits."""
    found = integration_of(task)
    if found is None or found.service != "lambda" or found.pattern != REQUEST:
        return None
    for _, mention in named_by(task):
        if FUNCTION in mention.kind.types:
            return index.find(mention.name, (FUNCTION,)).resource
    return None


RULE = StackRule(
    name="stack-task-outlasts-function",
    description="A Task that awaits a function has at least the function's timeout.",
    remediation="Set the Task's TimeoutSeconds a little over the timeout of its function.",
    check=_check,
)
