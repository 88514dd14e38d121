"""No loop that waits fills the history of an execution in the time that its machine has."""

import math
from collections.abc import Iterable, Iterator, Mapping

from policies.rules.aws_limits import STATE_HISTORY
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.step_functions.states.counters import counted_seconds
from policies.rules.step_functions.states.graph import Level, levels, shown
from policies.rules.step_functions.states.loops import Loop, loops
from policies.rules.step_functions.states.machine import MACHINES, parsed
from policies.rules.step_functions.states.pauses import first_values, pause_of
from policies.rules.values import format_number, lookup, number


def history_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    """For a machine of type STANDARD; the history of an EXPRESS one has no limit."""
    limit = math.inf if "TimeoutSeconds" not in definition else number(definition, "TimeoutSeconds")
    if limit is None:
        return
    first = first_values(definition)
    for level in levels(definition):
        pauses = {name: pause_of(state, first) for name, state in level.states.items() if state.get("Type") == "Wait"}
        reported: list[frozenset[str]] = []
        for loop in loops(level):
            start, *others = (pauses[name] for name in loop.states if name in pauses)
            if start is None or None in others or frozenset(loop.states) in reported:
                continue
            elsewhere = sum(pause.longest for pause in others if pause is not None)
            events = start.events(loop.events, elsewhere, min(limit, counted_seconds(level, loop)))
            if events is not None and not events < STATE_HISTORY.maximum:
                reported.append(frozenset(loop.states))
                yield _finding(level, loop, limit)


def _finding(level: Level, loop: Loop, limit: float) -> Finding:
    wait = loop.states[0]
    time = "no TimeoutSeconds ends" if limit == math.inf else f"TimeoutSeconds ends after {format_number(limit)} s"
    way = " → ".join(loop.states[:6])
    return Finding(
        property=f"{level.path}.States.{wait}.Seconds",
        value=f"{shown(level.states[wait].get('Seconds'))}, in the loop {way} of {loop.events} history events, "
        f"which {time}",
        allowed=f"waits with which a loop stays below {STATE_HISTORY.maximum:,} history events in the machine's time",
        why=f"Event {STATE_HISTORY.maximum:,} ends the execution, past every Catch, and its run stays open",
        fix="Let the waits grow, lower the machine's TimeoutSeconds, or wait for a task token",
    )


def _check(machine: Resource) -> Iterable[Finding]:
    definition = parsed(machine)
    is_standard = lookup(machine.properties, "type") in (None, "STANDARD")
    return history_findings(definition) if is_standard and definition is not None else []


RULE = ResourceRule(
    name="state-machine-history-fits",
    description="No polling loop fills the 25,000 history events of an execution within the state machine's timeout.",
    remediation="Let the waits grow with the time waited, or wait for a task token instead of polling.",
    types=MACHINES,
    check=_check,
)
