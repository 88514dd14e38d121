"""The API may call the function that its authorizer names."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from policies.rules.api_gateway.api import AUTHORIZER, REST_AUTHORIZER, SERVICE
from policies.rules.api_gateway.lambda_targets import URI, unpermitted
from policies.rules.finding import Finding
from policies.rules.foreign_names import is_principal
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup, text

CREDENTIALS: Final = {AUTHORIZER: "authorizerCredentialsArn", REST_AUTHORIZER: "authorizerCredentials"}
"""A role with which the API calls; then the function needs no permission for it."""

API_ID: Final = {AUTHORIZER: "apiId", REST_AUTHORIZER: "restApi"}


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for authorizer, function in unpermitted(stack, CREDENTIALS, _permits):
        yield (
            authorizer,
            Finding(
                property=URI[authorizer.type],
                value=f"the function '{function.name}', which gives {SERVICE} no permission for an authorizer",
                allowed="a function with a permission for <the API's execution ARN>/authorizers/<the authorizer's id>",
                why="API Gateway answers each request that it asks the authorizer about with 500 Internal Server Error",
                fix=f"Add a Permission for lambda:InvokeFunction with principal {SERVICE} and that ARN as source",
            ),
        )


def _permits(permission: Resource, authorizer: Resource) -> bool:
    """Whether the permission is the API's, and its source fits the authorizer as far as both are known."""
    if not is_principal(lookup(permission.properties, "principal"), SERVICE):
        return False
    source = lookup(permission.properties, "sourceArn")
    if not isinstance(source, str) or source == "*":
        return True
    pattern = source.split(":", 5)[-1]
    api = text(authorizer.properties, API_ID[authorizer.type]) or pattern.partition("/")[0]
    known = text(authorizer.properties, "id") or authorizer.identity.get("id") or pattern.rpartition("/")[2]
    return fnmatchcase(f"{api}/authorizers/{known}", pattern)


RULE = StackRule(
    name="api-gateway-authorizer-may-invoke",
    description="A function that an authorizer asks permits API Gateway to invoke it for the authorizer.",
    remediation="Add a Permission with principal apigateway.amazonaws.com and the authorizer's ARN as source_arn.",
    check=_check,
)
