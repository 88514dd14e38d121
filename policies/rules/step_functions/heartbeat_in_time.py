"""A heartbeat is missed before the task's time is over."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import tasks
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition
from policies.rules.values import format_number, number


def heartbeat_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        heartbeat, timeout = number(task.state, "HeartbeatSeconds"), number(task.state, "TimeoutSeconds")
        if heartbeat is not None and timeout is not None and heartbeat >= timeout:
            yield Finding(
                property=f"{task.path}.HeartbeatSeconds",
                value=format_number(heartbeat),
                allowed=f"less than the TimeoutSeconds of {format_number(timeout)}",
                why=REJECTED,
                fix="Lower it or raise TimeoutSeconds",
            )


RULE = ResourceRule(
    name="state-machine-heartbeat-in-time",
    description="The HeartbeatSeconds of a Task is less than its TimeoutSeconds.",
    remediation="Lower HeartbeatSeconds or raise TimeoutSeconds.",
    types=MACHINES,
    check=by_definition(heartbeat_findings),
)
