"""An endpoint's name that AgentCore has not taken already."""

from collections.abc import Iterable

from policies.rules.agentcore.runtime import ENDPOINTS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text


def _check(endpoint: Resource) -> Iterable[Finding]:
    if text(endpoint.properties, "name") != "DEFAULT":
        return []
    return [
        Finding(
            property="name",
            value="DEFAULT",
            allowed="any other name",
            why="AgentCore makes an endpoint of this name for each runtime and refuses a second with ConflictException",
            fix="Name it after what it serves, for example live",
        )
    ]


RULE = ResourceRule(
    name="agentcore-endpoint-name",
    description="No endpoint is named DEFAULT, which AgentCore makes itself.",
    remediation="Name the endpoint after what it serves, for example live.",
    types=ENDPOINTS,
    check=_check,
)
