"""A task that holds a task token sends heartbeats."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.graph import tasks
from policies.rules.step_functions.states.integration import waits_for_token
from policies.rules.step_functions.states.machine import MACHINES, by_definition

_SIGNS = ("HeartbeatSeconds", "HeartbeatSecondsPath")


def token_heartbeat_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        if waits_for_token(task) and not any(field in task.state for field in _SIGNS):
            yield Finding(
                property=f"{task.path}.HeartbeatSeconds",
                value="unset",
                allowed="seconds without a sign after which the worker counts as lost",
                why="A worker that dies with the token is noticed only when the whole TimeoutSeconds are over",
                fix="Set it, and let the worker call SendTaskHeartbeat, which adds no history event",
            )


RULE = ResourceRule(
    name="state-machine-token-heartbeat",
    description="A Task that waits for a token has HeartbeatSeconds, so that a dead worker is noticed.",
    remediation="Set HeartbeatSeconds, and let the worker call SendTaskHeartbeat.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(token_heartbeat_findings),
)
