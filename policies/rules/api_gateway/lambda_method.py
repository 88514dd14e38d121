"""API Gateway calls a function with POST, whatever the caller's method is."""

from collections.abc import Iterable
from typing import Final

from policies.rules.api_gateway.api import INTEGRATION, REST_INTEGRATION
from policies.rules.api_gateway.lambda_targets import calls_lambda
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup

METHOD: Final = {INTEGRATION: "integrationMethod", REST_INTEGRATION: "integrationHttpMethod"}
OPTIONAL: Final = frozenset({INTEGRATION})
"""Where a missing method means POST for a function."""


def _check(integration: Resource) -> Iterable[Finding]:
    prop = METHOD[integration.type]
    method = lookup(integration.properties, prop)
    unset = method is None and integration.type not in OPTIONAL
    if not calls_lambda(integration) or not (unset or (isinstance(method, str) and method != "POST")):
        return []
    finding = Finding(
        property=prop,
        value=str(method or "unset"),
        allowed="POST for a function",
        why="Lambda's Invoke is a POST: every call fails with 500 and a misleading word of permissions in the log",
        fix=f"Set {prop} to POST; the caller's own method is in the route or the method",
    )
    return [finding]


RULE = ResourceRule(
    name="api-gateway-lambda-method",
    description="An integration calls a function with POST.",
    remediation="Set integration_method (integration_http_method) to POST.",
    types=frozenset({INTEGRATION, REST_INTEGRATION}),
    check=_check,
)
