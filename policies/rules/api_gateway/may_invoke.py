"""The API may call the function that its integration names."""

from collections.abc import Iterable
from typing import Final

from policies.rules.api_gateway.api import INTEGRATION, REST_INTEGRATION, SERVICE
from policies.rules.api_gateway.lambda_targets import URI, unpermitted
from policies.rules.finding import Finding
from policies.rules.foreign_names import is_principal
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup

CREDENTIALS: Final = {INTEGRATION: "credentialsArn", REST_INTEGRATION: "credentials"}
"""A role with which the API calls; then the function needs no permission for it."""


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for integration, function in unpermitted(stack, CREDENTIALS, _permits):
        yield (
            integration,
            Finding(
                property=URI[integration.type],
                value=f"the function '{function.name}', which gives {SERVICE} no permission",
                allowed="a function with a permission for the API",
                why="API Gateway answers every call with 500 Internal Server Error",
                fix=f"Add a Permission for lambda:InvokeFunction with principal {SERVICE} and the API's ARN as source",
            ),
        )


def _permits(permission: Resource, _integration: Resource) -> bool:
    return is_principal(lookup(permission.properties, "principal"), SERVICE)


RULE = StackRule(
    name="api-gateway-may-invoke",
    description="A function that an API calls permits API Gateway to invoke it.",
    remediation="Add a Permission with principal apigateway.amazonaws.com and source_arn.",
    check=_check,
)
