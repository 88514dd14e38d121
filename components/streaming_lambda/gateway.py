"""The gateway: answers every route within API Gateway's 29 s and hands the work over."""

from typing import Final

import pulumi
from pulumi_aws import apigatewayv2, lambda_

from components.functions.code import Code
from components.functions.function import FunctionSpec, Variables, create_function, create_identity, grant
from components.iam import list_run_files, post_to_connections
from components.streaming_lambda.api import connections
from components.streaming_lambda.args import StreamingLambdaArgs
from components.streaming_lambda.iam import invoke_worker
from components.streaming_lambda.scope import StreamingScope
from components.streaming_lambda.worker import EVENT_AGE, TIMEOUT
from runtime import environment

SPEC: Final = FunctionSpec("gateway", "runtime.gateway.function.handler", timeout=29, memory=512)
"""512 MB buys a third of a vCPU: the start of the process is what a caller waits for."""


def gateway_variables(args: StreamingLambdaArgs) -> dict[str, pulumi.Input[str]]:
    return {
        environment.AGENTS: ",".join(args["agents"]),
        environment.AUTHORIZATION: args.get("authorization", "AWS_IAM"),
        # A run may wait for its worker as long as Lambda keeps the event, and only then begin.
        environment.RUN_TIMEOUT: str(EVENT_AGE + TIMEOUT),
    }


def create_gateway(
    scope: StreamingScope, code: Code, api: apigatewayv2.Api, worker: lambda_.Function, variables: Variables
) -> tuple[lambda_.Function, pulumi.Output[str]]:
    """The function, and the name of its log group."""
    identity = create_identity(scope, SPEC)
    statements = pulumi.Output.all(connections(api), worker.arn, scope.args["payload_bucket_arn"]).apply(
        lambda arns: [post_to_connections(arns[0]), invoke_worker(arns[1]), list_run_files(arns[2])]
    )
    policy = grant(scope, SPEC, identity, [scope.args["keep_policy"]], statements)
    everything: Variables = {**variables, environment.WORKER_FUNCTION: worker.name}
    return create_function(scope, SPEC, identity, policy, code, everything), identity.logs.name
