"""An agent's session lives at least as long as an agent may work in it."""

from collections.abc import Iterable, Iterator

from policies.rules.agentcore.runtime import RUNTIME
from policies.rules.aws_limits import AGENTCORE_SESSION
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.step_functions.states.formula import formula
from policies.rules.step_functions.states.graph import PlacedState, tasks
from policies.rules.step_functions.states.integration import arguments
from policies.rules.step_functions.states.jsonata import is_expression
from policies.rules.step_functions.states.machine import MACHINE, parsed
from policies.rules.values import format_number, lookup, mapping, members

_SECONDS = "seconds"
"""What a task gives an agent in its payload: the time that it has."""


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    steps = [step for machine in stack.of_type(MACHINE) for step in _steps(machine)]
    if not steps:
        return
    needed, where = max(steps)
    for runtime in stack.of_type(RUNTIME):
        path, lifetime = _lifetime(runtime)
        if lifetime is not None and lifetime < needed and _is_agent(runtime):
            yield (
                runtime,
                Finding(
                    property=path,
                    value=format_number(lifetime),
                    allowed=f"at least {format_number(needed)} s, which {where} gives an agent",
                    why="AgentCore ends the session in the middle of the agent's work, and the run is lost",
                    fix="Raise maxLifetime, or give agents less time",
                ),
            )


def _steps(machine: Resource) -> Iterator[tuple[float, str]]:
    """(seconds, where) of each task that gives an agent a time."""
    definition = parsed(machine)
    for task in tasks(definition) if definition is not None else ():
        seconds = _seconds(task)
        if seconds is not None and seconds < float("inf"):
            yield seconds, f"the state {task.name!r} of '{machine.name}'"


def _seconds(task: PlacedState) -> float | None:
    given = arguments(task)
    value = lookup(mapping(given[1], "Payload"), _SECONDS) if given is not None else None
    if isinstance(value, int | float):
        return value
    worth = formula(value) if isinstance(value, str) and is_expression(value) else None
    return None if worth is None else worth({}).high


def _is_agent(runtime: Resource) -> bool:
    """Whether runs work in it: servers of tools have sessions of their own, which their callers renew."""
    return lookup(runtime.properties, "protocolConfiguration", "serverProtocol") in (None, "HTTP")


def _lifetime(runtime: Resource) -> tuple[str, float | None]:
    given = lookup(runtime.properties, "lifecycleConfigurations")
    listed = members(runtime.properties, "lifecycleConfigurations")
    if given is None or given == []:
        return "lifecycleConfigurations", float(AGENTCORE_SESSION.maximum)
    value = lookup(listed[0], "maxLifetime") if listed and isinstance(listed[0], dict) else None
    path = "lifecycleConfigurations[0].maxLifetime"
    return path, value if isinstance(value, int | float) else None


RULE = StackRule(
    name="stack-session-outlasts-step",
    description="A session of an AgentCore runtime lives at least as long as a state machine waits for an agent.",
    remediation="Raise the runtime's max_lifetime, or lower the agent's time in the state machine.",
    check=_check,
)
