"""A state machine that runs an agent calls more than the function behind an API."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.api_gateway.api import INTEGRATION, REST_INTEGRATION
from policies.rules.api_gateway.lambda_targets import function_called
from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.machine_resources import named_by
from policies.rules.step_functions.states.graph import PlacedState, tasks
from policies.rules.step_functions.states.machine import MACHINE, parsed

_FIX: Final = "Give the machine the states of the work, and let the handler start an execution"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    machines = [(machine, parsed(machine)) for machine in stack.of_type(MACHINE)]
    handlers = list(_handlers(stack)) if machines else []
    index = Index.of(stack)
    for machine, definition in machines:
        found = list(tasks(definition)) if definition is not None else []
        called = [_called(index, task) for task in found]
        handler = called[0] if called else None
        if handler is not None and handler in handlers and all(one is handler for one in called):
            yield machine, _finding(found[0], handler)


def _handlers(stack: Stack) -> Iterator[Resource]:
    """The functions that an API's routes invoke."""
    for kind in (INTEGRATION, REST_INTEGRATION):
        for integration in stack.of_type(kind):
            function = function_called(stack, integration)
            if function is not None:
                yield function


def _called(index: Index, task: PlacedState) -> Resource | None:
    """What a task calls, if that is a resource of the stack."""
    targets = (index.find(mention.name, mention.kind.types).resource for _, mention in named_by(task))
    return next((target for target in targets if target is not None), None)


def _finding(task: PlacedState, handler: Resource) -> Finding:
    return Finding(
        property=task.path,
        value=f"the only call, of the function '{handler.name}', which an API invokes",
        allowed="the functions and tasks that do the work",
        why="The handler of connections and messages answers what is no request of a client, and no work is done",
        fix=_FIX,
    )


RULE = StackRule(
    name="stack-machine-does-the-work",
    description="A state machine calls more than the function which an API invokes, such as a WebSocket's handler.",
    remediation="Give the machine the states of the work, and let the handler start an execution.",
    check=_check,
)
