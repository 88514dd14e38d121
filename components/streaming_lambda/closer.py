"""The closer: ends the runs whose worker died, from the queue that Lambda tells of them."""

from typing import Final

import pulumi
from pulumi_aws import apigatewayv2, lambda_, sqs

from components.functions.code import Code
from components.functions.function import FunctionSpec, Variables, create_function, create_identity, grant
from components.iam import post_to_connections
from components.streaming_lambda.api import connections
from components.streaming_lambda.iam import consume_failures
from components.streaming_lambda.scope import StreamingScope

SPEC: Final = FunctionSpec("closer", "runtime.dead_letter.function.handler", timeout=60, memory=256)
BATCH: Final = 10
_VISIBILITY: Final = 6 * SPEC.timeout
"""Lambda's advice: six times the function's timeout, so that a message is not delivered again while it is treated."""

_RETENTION_SECONDS: Final = 14 * 24 * 3_600


def create_failure_queue(scope: StreamingScope) -> sqs.Queue:
    return sqs.Queue(
        scope.child("failures"),
        visibility_timeout_seconds=_VISIBILITY,
        message_retention_seconds=_RETENTION_SECONDS,
        sqs_managed_sse_enabled=True,
        tags=scope.tags,
        opts=scope.opts,
    )


def create_closer(
    scope: StreamingScope, code: Code, api: apigatewayv2.Api, failures: sqs.Queue, variables: Variables
) -> tuple[lambda_.Function, pulumi.Output[str]]:
    """The function, and the name of its log group."""
    identity = create_identity(scope, SPEC)
    statements = pulumi.Output.all(connections(api), failures.arn).apply(
        lambda arns: [post_to_connections(arns[0]), consume_failures(arns[1])]
    )
    policy = grant(scope, SPEC, identity, [scope.args["keep_policy"]], statements)
    closer = create_function(scope, SPEC, identity, policy, code, variables)
    lambda_.EventSourceMapping(
        scope.child("closer-source"),
        event_source_arn=failures.arn,
        function_name=closer.arn,
        batch_size=BATCH,
        function_response_types=["ReportBatchItemFailures"],
        tags=scope.tags,
        # Lambda checks when it takes the mapping that the role may read the queue.
        opts=scope.after(policy),
    )
    return closer, identity.logs.name
