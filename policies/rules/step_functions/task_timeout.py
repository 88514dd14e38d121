"""A task without an answer ends."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import tasks
from policies.rules.step_functions.states.integration import waits_for_token
from policies.rules.step_functions.states.machine import MACHINES, by_definition
from policies.rules.values import UNKNOWN

_LIMITS = ("TimeoutSeconds", "TimeoutSecondsPath")
_SIGNS = ("HeartbeatSeconds", "HeartbeatSecondsPath")


def timeout_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        may_wait = task.state.get("Resource") is UNKNOWN or waits_for_token(task)
        ends = (*_LIMITS, *_SIGNS) if may_wait else _LIMITS
        if not any(field in task.state for field in ends):
            yield Finding(
                property=f"{task.path}.TimeoutSeconds",
                value="unset",
                allowed="seconds",
                why="Without it a task waits for years for an answer that is lost",
                fix="Set it a little over what the task may take",
            )


RULE = ResourceRule(
    name="state-machine-task-timeout",
    description="Every Task has a TimeoutSeconds, or a HeartbeatSeconds where it waits for a token.",
    remediation="Set TimeoutSeconds a little over what the task may take.",
    types=MACHINES,
    check=by_definition(timeout_findings),
)
