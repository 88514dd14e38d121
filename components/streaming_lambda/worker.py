"""The worker: awaits one agent to its end, invoked asynchronously and never retried blindly."""

from typing import Final

import pulumi
from pulumi_aws import apigatewayv2, lambda_, sqs

from components.iam import Statement
from components.streaming_lambda.api import STAGE
from components.streaming_lambda.args import DEFAULT_DEADLINE_MARGIN, DEFAULT_WORKER_MEMORY, StreamingLambdaArgs
from components.streaming_lambda.code import Code
from components.streaming_lambda.function import FunctionSpec, Variables, create_function, create_identity, grant
from components.streaming_lambda.iam import invoke_model, post_to_connections, read_secret, send_failures
from components.streaming_lambda.scope import Scope
from runtime import environment

TIMEOUT: Final = 900
EVENT_AGE: Final = 900
"""Seconds a throttled invocation waits for a free worker before it counts as failed: as long as a run may take."""


def worker_spec(args: StreamingLambdaArgs) -> FunctionSpec:
    memory = args.get("worker_memory", DEFAULT_WORKER_MEMORY)
    return FunctionSpec("worker", "runtime.worker.handler", timeout=TIMEOUT, memory=memory)


def worker_variables(args: StreamingLambdaArgs) -> dict[str, pulumi.Input[str]]:
    """The worker's own environment. What is empty is left out: the reader's defaults say the same."""
    own: dict[str, pulumi.Input[str]] = {
        environment.AGENTS: ",".join(args["agents"]),
        environment.DATA_BUCKET: args["data_bucket"],
        environment.MODEL_PROVIDER: args["model_provider"],
        environment.MODEL_ID: args["model_id"],
        environment.MODEL_REGION: args["region"],
        environment.MODEL_URL: args.get("model_url", ""),
        environment.MODEL_SECRET: args.get("model_secret_arn", ""),
        environment.MCP_SERVERS: ",".join(args.get("mcp_servers", [])),
        environment.DEADLINE_MARGIN: str(args.get("deadline_margin", DEFAULT_DEADLINE_MARGIN)),
        **args.get("variables", {}),
    }
    return {name: value for name, value in own.items() if not (isinstance(value, str) and not value)}


def create_worker(
    scope: Scope, code: Code, api: apigatewayv2.Api, failures: sqs.Queue, variables: Variables
) -> tuple[lambda_.Function, pulumi.Output[str]]:
    """The function, and the name of its log group."""
    spec = worker_spec(scope.args)
    identity = create_identity(scope, spec)
    statements = pulumi.Output.all(api.execution_arn, failures.arn, identity.role.arn).apply(
        lambda arns: _statements(scope.args, *arns)
    )
    policy = grant(scope, spec, identity, [scope.args["write_policy"], scope.args["data_policy"]], statements)
    worker = create_function(scope, spec, identity, policy, code, variables)
    lambda_.FunctionEventInvokeConfig(
        scope.child("worker-invocation"),
        function_name=worker.name,
        maximum_retry_attempts=0,
        maximum_event_age_in_seconds=EVENT_AGE,
        destination_config={"on_failure": {"destination": failures.arn}},
        # Lambda checks when it takes the destination that the role may send to it.
        opts=scope.after(policy),
    )
    return worker, identity.logs.name


def _statements(args: StreamingLambdaArgs, execution_arn: str, queue_arn: str, role_arn: str) -> list[Statement]:
    _, partition, _, _, account, _ = role_arn.split(":", 5)
    common = [post_to_connections(execution_arn, STAGE), send_failures(queue_arn)]
    if args["model_provider"] == "openai":
        secret = args.get("model_secret_arn", "")
        return [*common, read_secret(secret)] if secret else common
    return [*common, *invoke_model(args["model_id"], args["region"], account, partition)]
