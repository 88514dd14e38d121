"""The logs of an endpoint's sessions end some day."""

from collections.abc import Iterable
from typing import Final

from policies.rules.agentcore.runtime import ENDPOINT
from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.values import UNKNOWN, text

LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
LOG_GROUPS: Final = "/aws/bedrock-agentcore/runtimes"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    groups = stack.of_type(LOG_GROUP)
    for endpoint in stack.of_type(ENDPOINT):
        if not any(_may_belong(group, endpoint) for group in groups):
            yield endpoint, _finding(endpoint)


def _may_belong(group: Resource, endpoint: Resource) -> bool:
    """Whether the group is the endpoint's, by its name or by the runtime that both are made from."""
    runtimes = endpoint.dependencies.get("agentRuntimeId", ())
    sources = group.dependencies.get("name", ())
    if set(runtimes) & set(sources):
        return True
    name = group.properties.get("name")
    known = [text(endpoint.properties, prop) for prop in ("agentRuntimeId", "name")]
    if name is UNKNOWN:
        return not (runtimes and sources)
    if not isinstance(name, str) or not name.startswith(LOG_GROUPS):
        return False
    return None in known or name == f"{LOG_GROUPS}/{known[0]}-{known[1]}"


def _finding(endpoint: Resource) -> Finding:
    return Finding(
        property="name",
        value=f"{text(endpoint.properties, 'name') or 'given'}, for which the stack has no log group",
        allowed=f"a log group {LOG_GROUPS}/<runtime id>-<endpoint> in the stack",
        why="AgentCore creates one that keeps everything for ever, including questions and answers",
        fix="Add a log group of this name with a retention, and make the endpoint after it",
    )


RULE = StackRule(
    name="agentcore-endpoint-logs",
    description="Every endpoint's log group is in the stack, so that its logs expire.",
    remediation="Add a log group /aws/bedrock-agentcore/runtimes/<runtime id>-<endpoint> with a retention.",
    severity=Severity.ADVISORY,
    check=_check,
)
