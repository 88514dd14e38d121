"""What the rules need to know about APIs: their types, and which API a part belongs to."""

from typing import Final

from policies.rules.references import referred
from policies.rules.rule import Resource, Stack
from policies.rules.values import lookup, text

API: Final = "aws:apigatewayv2/api:Api"
INTEGRATION: Final = "aws:apigatewayv2/integration:Integration"
ROUTE: Final = "aws:apigatewayv2/route:Route"
STAGE: Final = "aws:apigatewayv2/stage:Stage"
AUTHORIZER: Final = "aws:apigatewayv2/authorizer:Authorizer"
DOMAIN_NAME: Final = "aws:apigatewayv2/domainName:DomainName"
REST_API: Final = "aws:apigateway/restApi:RestApi"
REST_INTEGRATION: Final = "aws:apigateway/integration:Integration"
REST_AUTHORIZER: Final = "aws:apigateway/authorizer:Authorizer"
REST_METHOD: Final = "aws:apigateway/method:Method"
REST_METHOD_SETTINGS: Final = "aws:apigateway/methodSettings:MethodSettings"
REST_STAGE: Final = "aws:apigateway/stage:Stage"
REST_DEPLOYMENT: Final = "aws:apigateway/deployment:Deployment"
REST_DOMAIN_NAME: Final = "aws:apigateway/domainName:DomainName"

WEBSOCKET: Final = "WEBSOCKET"
HTTP: Final = "HTTP"
SERVICE: Final = "apigateway.amazonaws.com"


def protocol_of(stack: Stack, part: Resource) -> str | None:
    """WEBSOCKET or HTTP, of the API that a route, a stage or an integration belongs to; None where not known."""
    api = referred(part, "apiId", lookup(part.properties, "apiId"), stack.of_type(API))
    return None if api is None else text(api.properties, "protocolType")


def rest_api_of(stack: Stack, part: Resource) -> Resource | None:
    """The REST API that a method, a stage or an integration belongs to; None where not known."""
    return referred(part, "restApi", lookup(part.properties, "restApi"), stack.of_type(REST_API))
