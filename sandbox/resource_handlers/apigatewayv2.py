"""API Gateway: WebSocket and HTTP APIs."""

import re
from typing import Any

from policies.rules.aws_limits import API_NAME, API_STAGE_NAME, WEBSOCKET_INTEGRATION_TIMEOUT
from sandbox.cloud.request import Request, ValidationError
from sandbox.cloud.wire import pascal
from sandbox.program.monitor import Created

_IDENTITY_SOURCE = re.compile(r"(?:route\.request\.(?:header|querystring)|stageVariables|context)\.[a-zA-Z0-9._-]+")
_SCHEMES = {"WEBSOCKET": "wss", "HTTP": "https"}


def api(request: Request) -> Created:
    cloud = request.cloud
    protocol = request.need("protocolType")
    name = request.name("name", API_NAME)
    settings: dict[str, Any] = {"Name": name, "ProtocolType": protocol, "Tags": request.tags()}
    if expression := request.get("routeSelectionExpression"):
        settings["RouteSelectionExpression"] = expression
    elif protocol == "WEBSOCKET":
        raise ValidationError("routeSelectionExpression is missing; a WebSocket API needs one")
    if description := request.get("description"):
        settings["Description"] = description
    api_id = cloud.apigatewayv2.create_api(**settings)["ApiId"]
    attributes = {
        "name": name,
        "apiEndpoint": f"{_SCHEMES[protocol]}://{api_id}.execute-api.{cloud.region}.amazonaws.com",
        "executionArn": cloud.arn("execute-api", api_id),
        "arn": cloud.arn("apigateway", f"/apis/{api_id}", owned=False),
    }
    return Created(api_id, attributes)


def integration(request: Request) -> Created:
    timeout = request.get("timeoutMilliseconds", WEBSOCKET_INTEGRATION_TIMEOUT.maximum)
    if not WEBSOCKET_INTEGRATION_TIMEOUT.allows(timeout):
        raise ValidationError(f"timeoutMilliseconds is {timeout}; allowed: {WEBSOCKET_INTEGRATION_TIMEOUT}")
    settings: dict[str, Any] = {
        "ApiId": request.need("apiId"),
        "IntegrationType": request.need("integrationType"),
        "IntegrationUri": request.need("integrationUri"),
        "IntegrationMethod": request.get("integrationMethod", "POST"),
        "TimeoutInMillis": timeout,
    }
    if version := request.get("payloadFormatVersion"):
        settings["PayloadFormatVersion"] = version
    return Created(request.cloud.apigatewayv2.create_integration(**settings)["IntegrationId"])


def route(request: Request) -> Created:
    settings: dict[str, Any] = {
        "ApiId": request.need("apiId"),
        "RouteKey": request.need("routeKey"),
        "AuthorizationType": request.get("authorizationType", "NONE"),
    }
    authorized = settings["AuthorizationType"] != "NONE"
    if authorized and settings["RouteKey"] != "$connect" and _is_websocket(request, settings["ApiId"]):
        raise ValidationError(
            f"authorizationType is {settings['AuthorizationType']}; only the route $connect can have one"
        )
    optional = {"target": "Target", "authorizerId": "AuthorizerId", "operationName": "OperationName"}
    settings |= {aws: request.get(key) for key, aws in optional.items() if request.get(key)}
    return Created(request.cloud.apigatewayv2.create_route(**settings)["RouteId"])


def authorizer(request: Request) -> Created:
    api_id, kind = request.need("apiId"), request.need("authorizerType")
    sources = request.get("identitySources", [])
    settings: dict[str, Any] = {
        "ApiId": api_id,
        "AuthorizerType": kind,
        "IdentitySource": sources,
        "Name": request.name("name", API_NAME),
    }
    if _is_websocket(request, api_id):
        _check_websocket_authorizer(request, kind, sources)
    optional = {
        "authorizerUri": "AuthorizerUri",
        "authorizerCredentialsArn": "AuthorizerCredentialsArn",
        "authorizerPayloadFormatVersion": "AuthorizerPayloadFormatVersion",
        "authorizerResultTtlInSeconds": "AuthorizerResultTtlInSeconds",
        "enableSimpleResponses": "EnableSimpleResponses",
    }
    settings |= {aws: request.get(key) for key, aws in optional.items() if request.get(key) is not None}
    if configuration := request.get("jwtConfiguration"):
        settings["JwtConfiguration"] = pascal(configuration)
    return Created(request.cloud.apigatewayv2.create_authorizer(**settings)["AuthorizerId"], {"name": settings["Name"]})


def _check_websocket_authorizer(request: Request, kind: str, sources: list[str]) -> None:
    if kind != "REQUEST":
        raise ValidationError(f"authorizerType is {kind}; a WebSocket API has authorizers of type REQUEST only")
    for key in ("authorizerPayloadFormatVersion", "authorizerResultTtlInSeconds", "enableSimpleResponses"):
        if request.get(key) is not None:
            raise ValidationError(f"{key} is set; an authorizer of a WebSocket API cannot have it")
    foreign = next((source for source in sources if not _IDENTITY_SOURCE.fullmatch(source)), None)
    if foreign is not None:
        allowed = "route.request.header.NAME, route.request.querystring.NAME, stageVariables.NAME, context.NAME"
        raise ValidationError(f"identitySources has {foreign!r}; allowed: {allowed}")


def _is_websocket(request: Request, api_id: str) -> bool:
    return request.cloud.apigatewayv2.get_api(ApiId=api_id)["ProtocolType"] == "WEBSOCKET"


def stage(request: Request) -> Created:
    cloud = request.cloud
    api_id, name = request.need("apiId"), request.name("name", API_STAGE_NAME)
    if not cloud.apigatewayv2.get_routes(ApiId=api_id)["Items"]:
        raise ValidationError("the API has no route yet; let the stage depend on the routes")
    route_settings = request.get("defaultRouteSettings")
    if route_settings and not (
        route_settings.get("throttlingRateLimit") and route_settings.get("throttlingBurstLimit")
    ):
        raise ValidationError(
            "defaultRouteSettings lacks a throttling limit, which then is 0, so that every call is rejected"
        )
    settings: dict[str, Any] = {
        "ApiId": api_id,
        "StageName": name,
        "AutoDeploy": request.get("autoDeploy", False),
        "Tags": request.tags(),
    }
    for key, aws in (("defaultRouteSettings", "DefaultRouteSettings"), ("accessLogSettings", "AccessLogSettings")):
        if value := request.get(key):
            settings[aws] = pascal(value)
    if variables := request.get("stageVariables"):
        settings["StageVariables"] = variables
    cloud.apigatewayv2.create_stage(**settings)
    attributes = {
        "name": name,
        "invokeUrl": f"wss://{api_id}.execute-api.{cloud.region}.amazonaws.com/{name}",
        "executionArn": cloud.arn("execute-api", f"{api_id}/{name}"),
        "arn": cloud.arn("apigateway", f"/apis/{api_id}/stages/{name}", owned=False),
    }
    return Created(name, attributes)
