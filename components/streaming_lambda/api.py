"""The WebSocket API: addresses, routes, stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws import apigatewayv2, lambda_

from components.iam import connections_arn
from components.streaming_lambda.args import (
    DEFAULT_AUTHORIZATION,
    DEFAULT_THROTTLE_BURST,
    DEFAULT_THROTTLE_RATE,
    StreamingContext,
)
from policies.rules.aws_limits import WEBSOCKET_INTEGRATION_TIMEOUT

STAGE: Final = "live"
ROUTES: Final = ("$connect", "$disconnect", "$default", "start", "resume", "cancel", "answer", "ping", "runs")
INTEGRATION_TIMEOUT_MS: Final = WEBSOCKET_INTEGRATION_TIMEOUT.maximum
"""The limit is not adjustable, so a worker runs the agent."""

CONNECT: Final = "$connect"
_CALLBACK_SCHEMES: Final = {"wss://": "https://", "ws://": "http://"}


@dataclass(frozen=True, slots=True)
class Admission:
    """What decides on a connection: an authorizer, its function, the name of the function's log group, and the
    permission without which it cannot be asked."""

    authorizer: apigatewayv2.Authorizer
    function: lambda_.Function
    log_group: pulumi.Output[str]
    permission: lambda_.Permission


def create_api(context: StreamingContext) -> apigatewayv2.Api:
    return apigatewayv2.Api(
        context.child("api"),
        protocol_type="WEBSOCKET",
        route_selection_expression="$request.body.action",
        tags=context.tags,
        opts=context.opts,
    )


def client_url(api_endpoint: str, api_id: str, stage: str, template: str) -> str:
    """The address for clients: the API's own, or the template with {apiId} and {stage} filled in."""
    if not template:
        return f"{api_endpoint}/{stage}"
    return template.replace("{apiId}", api_id).replace("{stage}", stage)


def callback_url(websocket_url: str) -> str:
    """The address at which frames are posted to connections: the clients' address with http for ws."""
    scheme = next(scheme for scheme in _CALLBACK_SCHEMES if websocket_url.startswith(scheme))
    return _CALLBACK_SCHEMES[scheme] + websocket_url.removeprefix(scheme)


def connections(api: apigatewayv2.Api) -> pulumi.Output[str]:
    """The resource on which posting to the API's clients is allowed."""
    return api.execution_arn.apply(lambda arn: connections_arn(arn, STAGE))


def create_routes(
    context: StreamingContext, api: apigatewayv2.Api, gateway: lambda_.Function, admission: Admission | None = None
) -> list[apigatewayv2.Route]:
    """All routes invoke the gateway, which only this API may do. `admission` is asked at $connect."""
    permission = lambda_.Permission(
        context.child("invoke-permission"),
        action="lambda:InvokeFunction",
        function=gateway.name,
        principal="apigateway.amazonaws.com",
        source_arn=api.execution_arn.apply(lambda arn: f"{arn}/*/*"),
        opts=context.opts,
    )
    integration = apigatewayv2.Integration(
        context.child("integration"),
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_method="POST",
        integration_uri=gateway.invoke_arn,
        timeout_milliseconds=INTEGRATION_TIMEOUT_MS,
        opts=context.after(permission),
    )
    return [_route(context, api, integration, key, admission if key == CONNECT else None) for key in ROUTES]


def _route(
    context: StreamingContext,
    api: apigatewayv2.Api,
    integration: apigatewayv2.Integration,
    key: str,
    admission: Admission | None,
) -> apigatewayv2.Route:
    # A WebSocket API authorises $connect only; all later messages on the socket come from the same caller.
    authorization = context.args.get("authorization", DEFAULT_AUTHORIZATION) if key == CONNECT else "NONE"
    return apigatewayv2.Route(
        context.child(f"route-{key.removeprefix('$')}"),
        api_id=api.id,
        route_key=key,
        authorization_type="CUSTOM" if admission else authorization,
        authorizer_id=admission.authorizer.id if admission else None,
        target=integration.id.apply(lambda integration_id: f"integrations/{integration_id}"),
        opts=context.after(admission.permission) if admission else context.opts,
    )


def create_stage(
    context: StreamingContext, api: apigatewayv2.Api, routes: Sequence[apigatewayv2.Route]
) -> apigatewayv2.Stage:
    # API Gateway does not deploy an API without routes. Both throttling numbers are set because the provider sends a
    # missing one as 0, which rejects every connection with 429.
    return apigatewayv2.Stage(
        context.child("stage"),
        api_id=api.id,
        name=STAGE,
        auto_deploy=True,
        default_route_settings={
            "throttling_rate_limit": float(context.args.get("throttle_rate", DEFAULT_THROTTLE_RATE)),
            "throttling_burst_limit": context.args.get("throttle_burst", DEFAULT_THROTTLE_BURST),
        },
        tags=context.tags,
        opts=context.after(*routes),
    )
