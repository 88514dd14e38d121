"""Rules about API Gateway that demand one value of one property."""

from typing import Final

from policies.rules.accepted_values import is_filled, is_on, other_than
from policies.rules.api_gateway.api import (
    API,
    DOMAIN_NAME,
    INTEGRATION,
    REST_DEPLOYMENT,
    REST_DOMAIN_NAME,
    REST_INTEGRATION,
    REST_METHOD,
    ROUTE,
    STAGE,
)
from policies.rules.api_gateway.lambda_targets import calls_lambda
from policies.rules.lambda_function.functions.function import is_set
from policies.rules.required_value import RequiredValue, rules_of
from policies.rules.rule import Resource, Severity
from policies.rules.values import lookup, text

BY_AUTHORIZER: Final = ("CUSTOM", "JWT", "COGNITO_USER_POOLS")
_AUTHORIZATION: Final = {ROUTE: "authorizationType", REST_METHOD: "authorization"}
_METHOD: Final = {INTEGRATION: "integrationMethod", REST_INTEGRATION: "integrationHttpMethod"}


def _authorization(route: Resource) -> str | None:
    return text(route.properties, _AUTHORIZATION[route.type])


def _is_connect(route: Resource) -> bool:
    return text(route.properties, "routeKey") == "$connect"


def _allows_credentials(api: Resource) -> bool:
    return lookup(api.properties, "corsConfiguration", "allowCredentials") is True


def _method_counts(integration: Resource) -> bool:
    """Whether it calls a function; a WebSocket or HTTP API calls it with POST where no method is given."""
    unset = lookup(integration.properties, _METHOD[integration.type]) is None
    return calls_lambda(integration) and not (unset and integration.type == INTEGRATION)


RULES: Final = rules_of(
    RequiredValue(
        name="api-gateway-connect-authorized",
        types=[ROUTE],
        property="authorizationType",
        applies=_is_connect,
        accepts=other_than(None, "", "NONE"),
        value=lambda authorization: str(authorization or "unset (NONE)"),
        allowed="AWS_IAM or CUSTOM on $connect",
        why="API Gateway checks no other route: everyone who knows the address can run agents at this account's cost",
        fix="Set longrun:authorization to AWS_IAM, or give the route an authorizer",
        description="The $connect route of a WebSocket API has an authorizer.",
        remediation="Set authorization_type to AWS_IAM or CUSTOM on $connect.",
    ),
    RequiredValue(
        name="api-gateway-authorizer-given",
        types=[ROUTE, REST_METHOD],
        property="authorizerId",
        applies=lambda route: _authorization(route) in BY_AUTHORIZER,
        accepts=is_filled,
        value="unset",
        allowed=lambda route: f"the authorizer that {_authorization(route)} asks",
        why="API Gateway rejects the route with a BadRequestException",
        fix="Set authorizerId to the authorizer's id",
        description="A route or method with an authorizer's authorization names the authorizer.",
        remediation="Pass authorizer_id.",
    ),
    RequiredValue(
        name="api-gateway-lambda-method",
        types=[INTEGRATION, REST_INTEGRATION],
        property=_METHOD,
        applies=_method_counts,
        accepts=lambda method: method == "POST" or not (method is None or isinstance(method, str)),
        value=lambda method: str(method or "unset"),
        allowed="POST for a function",
        why="Lambda's Invoke is a POST: every call fails with 500 and the log misleadingly names permissions",
        fix=lambda integration: (
            f"Set {_METHOD[integration.type]} to POST; the caller's own method is in the route or the method"
        ),
        description="An integration calls a function with POST.",
        remediation="Set integration_method (integration_http_method) to POST.",
    ),
    RequiredValue(
        name="api-gateway-cors-credentials",
        types=[API],
        property="corsConfiguration.allowOrigins",
        applies=_allows_credentials,
        accepts=lambda origins: not isinstance(origins, list) or "*" not in origins,
        value="* with allowCredentials",
        allowed="the origins of the pages that call it",
        why="API Gateway rejects the API with a BadRequestException, as browsers would the answer",
        fix="List the origins, or leave allowCredentials out",
        description="An HTTP API that allows credentials lists its origins.",
        remediation="List the origins in cors_configuration.allow_origins.",
    ),
    RequiredValue(
        name="api-gateway-stage-deploys",
        types=[STAGE],
        property="autoDeploy",
        applies=lambda stage: not is_set(stage, "deploymentId"),
        accepts=is_on,
        value="unset, and no deploymentId",
        allowed="true, or the id of a deployment",
        why="Nothing is deployed on the stage: every call is answered with 404, every connection with 403",
        fix="Set autoDeploy to true, or pass deploymentId",
        description="A stage deploys by itself or names its deployment.",
        remediation="Set auto_deploy=True.",
    ),
    RequiredValue(
        name="api-gateway-rest-deployment",
        types=[REST_DEPLOYMENT],
        property="triggers",
        accepts=other_than(None, {}),
        value="unset",
        allowed="something that changes with the API, for example a hash of its methods and integrations",
        why="A deployment is a snapshot: later changes of methods are stored and never go live",
        fix="Set triggers to a hash of what the API is made of",
        description="A REST API's deployment is replaced when the API changes.",
        remediation="Pass triggers with a hash of the methods and integrations.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="api-gateway-domain-tls",
        types=[DOMAIN_NAME, REST_DOMAIN_NAME],
        property={DOMAIN_NAME: "domainNameConfiguration.securityPolicy", REST_DOMAIN_NAME: "securityPolicy"},
        accepts=other_than(None, "", "TLS_1_0"),
        value=lambda policy: str(policy or "unset"),
        allowed="TLS_1_2 or a newer policy",
        why="TLS 1.0 and 1.1 are broken and rejected by audits; the default may be the old version",
        fix="Set securityPolicy to TLS_1_2",
        description="A domain name of an API demands TLS 1.2.",
        remediation="Set security_policy to TLS_1_2.",
    ),
)
