"""Calls through an AWS SDK end after a minute: no task can await an agent in one."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.step_functions import SDK_CALL_SECONDS
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.graph import tasks
from policies.rules.step_functions.states.integration import REQUEST, integration_of
from policies.rules.step_functions.states.machine import MACHINES, by_definition
from policies.rules.values import format_number, number

AGENTS: Final = frozenset({"bedrockagentcore:invokeAgentRuntime", "bedrockagentruntime:invokeAgent"})
"""Calls that last as long as an agent works."""


def call_time_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        found = integration_of(task)
        if found is None or not found.sdk or found.pattern != REQUEST:
            continue
        limit = number(task.state, "TimeoutSeconds")
        if f"{found.service}:{found.action}" in AGENTS:
            yield _finding(f"{task.path}.Resource", found.name, "a function that starts the agent and returns")
        elif limit is not None and limit > SDK_CALL_SECONDS.maximum:
            yield _finding(
                f"{task.path}.TimeoutSeconds", format_number(limit), f"at most {SDK_CALL_SECONDS.maximum} seconds"
            )


def _finding(prop: str, value: str, allowed: str) -> Finding:
    return Finding(
        property=prop,
        value=value,
        allowed=allowed,
        why="A call through an AWS SDK ends after 60 s, and what it started continues unnoticed",
        fix="Let a function start the work, and look for its end or wait for a task token",
    )


RULE = ResourceRule(
    name="state-machine-sdk-call-time",
    description="No Task awaits more than 60 s, or an agent, in a call through an AWS SDK.",
    remediation="Start long work by a function, and poll for its end or wait for a task token.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(call_time_findings),
)
