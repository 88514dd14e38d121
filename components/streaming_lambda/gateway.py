"""The gateway: answers every route within API Gateway's 29 s and hands the work off to the worker."""

from dataclasses import replace
from typing import Any, Final

import pulumi
from pulumi_aws import apigatewayv2, lambda_

from components.functions.code import FunctionCode
from components.functions.function import FunctionSpec, Identity, Variables, create_function, create_identity, grant
from components.iam import Statement
from components.streaming_lambda.api import INTEGRATION_TIMEOUT_MS, connections
from components.streaming_lambda.args import (
    DEFAULT_AUTHORIZATION,
    EVENT_AGE,
    WORKER_TIMEOUT,
    StreamingContext,
    StreamingLambdaArgs,
)
from components.streaming_lambda.permissions import close_connections, gateway_statements
from components.traces import read_traces_keys, traces_variables
from runtime import environment

SPEC: Final = FunctionSpec(
    "gateway", "runtime.gateway.function.handler", timeout=INTEGRATION_TIMEOUT_MS // 1_000, memory=512
)
"""512 MB gives a third of a vCPU: a caller waits for the start of the process."""


def gateway_variables(args: StreamingLambdaArgs) -> dict[str, pulumi.Input[str]]:
    return {
        environment.AGENTS: ",".join(args["agents"]),
        environment.AUTHORIZATION: args.get("authorization", DEFAULT_AUTHORIZATION),
        # A run may wait for its worker as long as Lambda keeps the event, and only then start.
        environment.RUN_TIMEOUT: str(EVENT_AGE + WORKER_TIMEOUT),
        **traces_variables(args.get("traces_endpoint", ""), args.get("traces_keys")),
    }


def create_gateway(
    context: StreamingContext,
    code: FunctionCode,
    api: apigatewayv2.Api,
    worker: lambda_.Function,
    variables: Variables,
) -> tuple[lambda_.Function, Identity]:
    journal = context.args["journal"]
    spec = replace(SPEC, name=context.args.get("gateway_name"))
    identity = create_identity(context, spec)
    arns: pulumi.Output[list[Any]] = pulumi.Output.all(
        journal["table_arn"], journal["payload_bucket_arn"], connections(api), worker.arn
    )
    keys = read_traces_keys(context.args.get("traces_endpoint", ""), context.args.get("traces_keys"))
    statements = pulumi.Output.all(arns, keys).apply(
        lambda known: [*gateway_statements(*known[0]), *_token_statements(context.args, known[0][2]), *known[1]]
    )
    policy = grant(context, spec, identity, statements)
    everything: Variables = {**variables, environment.WORKER_FUNCTION: worker.name}
    return create_function(context, spec, identity, policy, code, everything), identity


def _token_statements(args: StreamingLambdaArgs, connections: str) -> list[Statement]:
    """Who revokes a token expects its connections to be closed."""
    return [close_connections(connections)] if args.get("tokens") else []
