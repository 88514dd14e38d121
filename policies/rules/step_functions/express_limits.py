"""What a machine of type EXPRESS cannot do."""

from collections.abc import Iterable, Iterator, Mapping

from policies.rules.aws_limits.step_functions import EXPRESS_SECONDS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.step_functions.states.graph import PlacedState, placed, shown
from policies.rules.step_functions.states.integration import REQUEST, integration_of, is_activity
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, parsed
from policies.rules.values import format_number, lookup, number, text

_TOO_LONG = "An execution of type EXPRESS ends after five minutes"


def _check(machine: Resource) -> Iterable[Finding]:
    definition = parsed(machine)
    if text(machine.properties, "type") != "EXPRESS" or definition is None:
        return
    yield from _time_findings("definition", definition, "TimeoutSeconds")
    for state in placed(definition):
        yield from _state_findings(state)


def _state_findings(state: PlacedState) -> Iterator[Finding]:
    if state.kind == "Task":
        found = integration_of(state)
        resource = shown(state.state.get("Resource"))
        if is_activity(state) or (found is not None and found.pattern != REQUEST):
            allowed = "calls whose answer is all, neither .sync nor .waitForTaskToken nor activities"
            yield _finding(f"{state.path}.Resource", resource, allowed, REJECTED)
        yield from _time_findings(state.path, state.state, "HeartbeatSeconds")
    elif state.kind == "Wait":
        yield from _time_findings(state.path, state.state, "Seconds")
    elif lookup(state.state, "ItemProcessor", "ProcessorConfig", "Mode") == "DISTRIBUTED":
        yield _finding(f"{state.path}.ItemProcessor.ProcessorConfig.Mode", "DISTRIBUTED", "INLINE", REJECTED)


def _time_findings(path: str, holder: Mapping[str, object], field: str) -> Iterator[Finding]:
    seconds = number(holder, field)
    if seconds is not None and seconds > EXPRESS_SECONDS.maximum:
        yield _finding(
            f"{path}.{field}", format_number(seconds), f"at most {EXPRESS_SECONDS.maximum} seconds", _TOO_LONG
        )


def _finding(prop: str, value: str, allowed: str, why: str) -> Finding:
    return Finding(
        property=prop, value=value, allowed=allowed, why=why, fix="Use the type STANDARD for what takes long"
    )


RULE = ResourceRule(
    name="state-machine-express-limits",
    description="An EXPRESS state machine has no .sync, no task token, no activity and nothing over five minutes.",
    remediation="Use the type STANDARD for work that waits for a person or takes long.",
    types=MACHINES,
    check=_check,
)
