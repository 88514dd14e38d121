"""Times that Step Functions takes: whole seconds, in range."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits import Range
from policies.rules.aws_limits.step_functions import TASK_SECONDS, WAIT_SECONDS
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import placed, shown
from policies.rules.step_functions.states.jsonata import is_expression
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition
from policies.rules.values import UNKNOWN

LIMITS: Final[Mapping[str, Range]] = {
    "TimeoutSeconds": TASK_SECONDS,
    "HeartbeatSeconds": TASK_SECONDS,
    "Seconds": WAIT_SECONDS,
}


def seconds_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    machine = {name: definition[name] for name in ("TimeoutSeconds",) if name in definition}
    yield from _findings("definition", machine, computes=False)
    for state in placed(definition):
        yield from _findings(state.path, state.state, computes=state.language != "JSONPath")


def _findings(path: str, holder: Mapping[str, object], *, computes: bool) -> Iterator[Finding]:
    for field, limits in LIMITS.items():
        value = holder.get(field, UNKNOWN)
        if value is UNKNOWN or (computes and isinstance(value, str) and is_expression(value)):
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not limits.allows(value):
            yield Finding(
                property=f"{path}.{field}",
                value=shown(value),
                allowed=f"a whole number, {limits}",
                why=REJECTED,
                fix="Write a number in range, or an expression in a state that uses JSONata",
            )


RULE = ResourceRule(
    name="state-machine-seconds-in-range",
    description="TimeoutSeconds, HeartbeatSeconds and Seconds are whole numbers in range, or JSONata.",
    remediation="Write a whole number of seconds, 1 to 99,999,999 (a Wait may be 0).",
    types=MACHINES,
    check=by_definition(seconds_findings),
)
