"""An endpoint serves the version that is deployed with it."""

from collections.abc import Iterable

from policies.rules.agentcore.runtime import ENDPOINTS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule

PROPERTY = "agentRuntimeVersion"


def _check(endpoint: Resource) -> Iterable[Finding]:
    if endpoint.properties.get(PROPERTY) is not None:
        return []
    return [
        Finding(
            property=PROPERTY,
            value="unset",
            allowed="the runtime's agentRuntimeVersion",
            why="The endpoint stays for ever on the version that it was made with, and new code is never reached",
            fix="Pass the runtime's output agentRuntimeVersion",
        )
    ]


RULE = ResourceRule(
    name="agentcore-endpoint-version",
    description="An endpoint names the version of its runtime.",
    remediation="Pass the runtime's output agentRuntimeVersion to the endpoint.",
    types=ENDPOINTS,
    check=_check,
)
