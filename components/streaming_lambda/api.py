"""The WebSocket API: addresses, routes, stage."""

from collections.abc import Sequence
from typing import Final

import pulumi
from pulumi_aws import apigatewayv2, lambda_

from components.iam import connections_arn
from components.streaming_lambda.args import DEFAULT_THROTTLE_BURST, DEFAULT_THROTTLE_RATE
from components.streaming_lambda.scope import StreamingScope

STAGE: Final = "live"
ROUTES: Final = ("$connect", "$disconnect", "$default", "start", "resume", "cancel", "ping", "runs")
INTEGRATION_TIMEOUT_MS: Final = 29_000
"""API Gateway's limit, and not adjustable: hence the worker."""

_CALLBACK_SCHEMES: Final = {"wss://": "https://", "ws://": "http://"}


def create_api(scope: StreamingScope) -> apigatewayv2.Api:
    return apigatewayv2.Api(
        scope.child("api"),
        protocol_type="WEBSOCKET",
        route_selection_expression="$request.body.action",
        tags=scope.tags,
        opts=scope.opts,
    )


def client_url(api_endpoint: str, api_id: str, stage: str, template: str) -> str:
    """The address that clients open: the API's own, or the template with {apiId} and {stage} filled in."""
    if not template:
        return f"{api_endpoint}/{stage}"
    return template.replace("{apiId}", api_id).replace("{stage}", stage)


def callback_url(websocket_url: str) -> str:
    """The address at which frames are posted to connections: the clients' with http for ws."""
    scheme = next(scheme for scheme in _CALLBACK_SCHEMES if websocket_url.startswith(scheme))
    return _CALLBACK_SCHEMES[scheme] + websocket_url.removeprefix(scheme)


def connections(api: apigatewayv2.Api) -> pulumi.Output[str]:
    """What posting to the API's clients is allowed on."""
    return api.execution_arn.apply(lambda arn: connections_arn(arn, STAGE))


def create_routes(scope: StreamingScope, api: apigatewayv2.Api, gateway: lambda_.Function) -> list[apigatewayv2.Route]:
    """All routes lead to the gateway; the API may invoke it, and only this API."""
    permission = lambda_.Permission(
        scope.child("invoke-permission"),
        action="lambda:InvokeFunction",
        function=gateway.name,
        principal="apigateway.amazonaws.com",
        source_arn=api.execution_arn.apply(lambda arn: f"{arn}/*/*"),
        opts=scope.opts,
    )
    integration = apigatewayv2.Integration(
        scope.child("integration"),
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_method="POST",
        integration_uri=gateway.invoke_arn,
        timeout_milliseconds=INTEGRATION_TIMEOUT_MS,
        opts=scope.after(permission),
    )
    return [_route(scope, api, integration, key) for key in ROUTES]


def _route(
    scope: StreamingScope, api: apigatewayv2.Api, integration: apigatewayv2.Integration, key: str
) -> apigatewayv2.Route:
    # A WebSocket API checks who connects on $connect only; what follows on the socket is the same caller's.
    authorization = scope.args.get("authorization", "AWS_IAM") if key == "$connect" else "NONE"
    return apigatewayv2.Route(
        scope.child(f"route-{key.removeprefix('$')}"),
        api_id=api.id,
        route_key=key,
        authorization_type=authorization,
        target=integration.id.apply(lambda integration_id: f"integrations/{integration_id}"),
        opts=scope.opts,
    )


def create_stage(
    scope: StreamingScope, api: apigatewayv2.Api, routes: Sequence[apigatewayv2.Route]
) -> apigatewayv2.Stage:
    # API Gateway refuses to deploy an API without routes. Both throttling numbers are set because the provider sends
    # the missing one as 0, which refuses every connection with 429.
    return apigatewayv2.Stage(
        scope.child("stage"),
        api_id=api.id,
        name=STAGE,
        auto_deploy=True,
        default_route_settings={
            "throttling_rate_limit": float(scope.args.get("throttle_rate", DEFAULT_THROTTLE_RATE)),
            "throttling_burst_limit": scope.args.get("throttle_burst", DEFAULT_THROTTLE_BURST),
        },
        tags=scope.tags,
        opts=scope.after(*routes),
    )
