"""The worker: awaits one agent to its end, invoked asynchronously and never retried blindly."""

from typing import Final

import pulumi
from pulumi_aws import apigatewayv2, lambda_, sqs

from components.functions.code import Code
from components.functions.function import FunctionSpec, Variables, create_function, create_identity, grant
from components.iam import Statement, post_to_connections, send_messages
from components.mcp_runtime import call_mcp_runtimes, mcp_variables
from components.model_access import Model
from components.streaming_lambda.api import connections
from components.streaming_lambda.args import DEFAULT_DEADLINE_MARGIN, DEFAULT_WORKER_MEMORY, StreamingLambdaArgs
from components.streaming_lambda.scope import StreamingScope
from policies.rules.aws_limits import LAMBDA_TIMEOUT
from runtime import environment

TIMEOUT: Final = LAMBDA_TIMEOUT.maximum
EVENT_AGE: Final = TIMEOUT
"""Seconds a throttled invocation waits for a free worker before it counts as failed: as long as a run may take."""


def worker_spec(args: StreamingLambdaArgs) -> FunctionSpec:
    memory = args.get("worker_memory", DEFAULT_WORKER_MEMORY)
    return FunctionSpec("worker", "runtime.worker.function.handler", timeout=TIMEOUT, memory=memory)


def worker_variables(args: StreamingLambdaArgs) -> dict[str, pulumi.Input[str]]:
    """The worker's own environment. What is empty is left out: the reader's defaults say the same."""
    own: dict[str, pulumi.Input[str]] = {
        environment.AGENTS: ",".join(args["agents"]),
        environment.DATA_BUCKET: args["data_bucket"],
        **Model.of(args).variables(),
        environment.MCP_SERVERS: ",".join(args.get("mcp_servers", [])),
        **mcp_variables(args.get("mcp_runtimes", {})),
        environment.DEADLINE_MARGIN: str(args.get("deadline_margin", DEFAULT_DEADLINE_MARGIN)),
        **args.get("variables", {}),
    }
    return {name: value for name, value in own.items() if not (isinstance(value, str) and not value)}


def create_worker(
    scope: StreamingScope, code: Code, api: apigatewayv2.Api, failures: sqs.Queue, variables: Variables
) -> tuple[lambda_.Function, pulumi.Output[str]]:
    """The function, and the name of its log group."""
    spec = worker_spec(scope.args)
    identity = create_identity(scope, spec)
    mcp = call_mcp_runtimes(scope.args.get("mcp_runtimes", {}))
    statements = pulumi.Output.all(connections(api), failures.arn, identity.role.arn, mcp).apply(
        lambda known: _statements(Model.of(scope.args), *known)
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


def _statements(model: Model, connected: str, queue_arn: str, role_arn: str, mcp: list[Statement]) -> list[Statement]:
    common = [post_to_connections(connected), send_messages("SendFailures", queue_arn)]
    return [*common, *model.use(role_arn), *mcp]
