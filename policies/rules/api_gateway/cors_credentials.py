"""An HTTP API's credentials are not for every origin."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import API
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup, members


def _check(api: Resource) -> Iterable[Finding]:
    with_credentials = lookup(api.properties, "corsConfiguration", "allowCredentials") is True
    if not with_credentials or "*" not in members(api.properties, "corsConfiguration", "allowOrigins"):
        return []
    finding = Finding(
        property="corsConfiguration.allowOrigins",
        value="* with allowCredentials",
        allowed="the origins of the pages that call it",
        why="API Gateway refuses the API with a BadRequestException, as browsers would the answer",
        fix="List the origins, or leave allowCredentials out",
    )
    return [finding]


RULE = ResourceRule(
    name="api-gateway-cors-credentials",
    description="An HTTP API that allows credentials lists its origins.",
    remediation="List the origins in cors_configuration.allow_origins.",
    types=frozenset({API}),
    check=_check,
)
