"""The tasks that a state machine runs: `ecs:runTask` with its arguments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policies.rules.step_functions.states.graph import PlacedState, tasks
from policies.rules.step_functions.states.integration import Integration, argument, arguments, integration_of
from policies.rules.values import UNKNOWN


@dataclass(frozen=True, slots=True)
class RunTask:
    """A state that runs a task, and what ECS is given: `path` of the arguments, `given` their value."""

    state: PlacedState
    integration: Integration
    path: str
    given: Mapping[str, object]

    def argument(self, name: str) -> object:
        """None where it is not given, UNKNOWN where it is computed or not known."""
        found = argument(self.given, name)
        return UNKNOWN if isinstance(found, str) and found.startswith(("{%", "$")) else found


def run_tasks(definition: Mapping[str, object]) -> Iterator[RunTask]:
    for state in tasks(definition):
        found, given = integration_of(state), arguments(state)
        if found is not None and given is not None and (found.service, found.action) == ("ecs", "runTask"):
            yield RunTask(state, found, f"{state.path}.{given[0]}", given[1])
