"""The names of AgentCore runtimes, endpoints and memories: a pattern that the names Pulumi makes do not fit."""

from collections.abc import Iterable
from typing import Final

from policies.rules.agentcore.runtime import ENDPOINT, MEMORY, RUNTIME
from policies.rules.aws_limits import AGENTCORE_NAME
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text

_PROPERTIES: Final = {RUNTIME: "agentRuntimeName", ENDPOINT: "name", MEMORY: "name"}


def name_problems(name: str, prop: str = "name") -> list[str]:
    """Returns a message for a name that AgentCore would reject."""
    return [finding.explanation() for finding in name_findings(name, prop)]


def name_findings(name: str, prop: str) -> list[Finding]:
    if AGENTCORE_NAME.allows(name):
        return []
    return [
        Finding(
            property=prop,
            value=repr(name),
            allowed="1 to 48 letters, digits and underscores, a letter first",
            why="AgentCore rejects other names with a ValidationException",
            fix="Write underscores for hyphens, and set the name instead of leaving it to Pulumi",
        )
    ]


def _check(resource: Resource) -> Iterable[Finding]:
    prop = _PROPERTIES[resource.type]
    name = text(resource.properties, prop)
    return [] if name is None else name_findings(name, prop)


RULE = ResourceRule(
    name="agentcore-runtime-names",
    description="AgentCore runtimes, endpoints and memories have names of letters, digits and underscores, 48 at most.",
    remediation="Derive the name from the component's with underscores, and set it.",
    types=frozenset(_PROPERTIES),
    check=_check,
)
