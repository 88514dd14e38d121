"""The dead-letter handler: ends the runs whose worker died, from the queue of failed invocations."""

from typing import Final

import pulumi
from pulumi_aws import lambda_, sqs

from components.functions.code import FunctionCode
from components.functions.function import FunctionSpec, Variables, create_function, create_identity, grant
from components.streaming_lambda.args import StreamingContext
from components.streaming_lambda.permissions import dead_letter_statements
from runtime import environment

SPEC: Final = FunctionSpec("closer", "runtime.dead_letter.function.handler", timeout=60, memory=256)
BATCH: Final = 1
"""A lost run has the function's time to itself: one that uses all of it keeps no other from its end."""

_VISIBILITY: Final = 6 * SPEC.timeout
"""As Lambda advises: six times the function's timeout, so that no message is delivered again while it is handled."""

_RETENTION_SECONDS: Final = 14 * 24 * 3_600


def create_dead_letter_queue(context: StreamingContext) -> sqs.Queue:
    return sqs.Queue(
        context.child("failures"),
        visibility_timeout_seconds=_VISIBILITY,
        message_retention_seconds=_RETENTION_SECONDS,
        sqs_managed_sse_enabled=True,
        tags=context.tags,
        opts=context.opts,
    )


def create_dead_letter_handler(
    context: StreamingContext,
    code: FunctionCode,
    connections: pulumi.Input[str],
    queue: sqs.Queue,
    worker: lambda_.Function,
    variables: Variables,
) -> tuple[lambda_.Function, pulumi.Output[str]]:
    """Returns the function and the name of its log group. `connections` is the resource of posts to sockets, empty
    without a WebSocket."""
    journal = context.args["journal"]
    identity = create_identity(context, SPEC)
    statements = pulumi.Output.all(
        journal["table_arn"], journal["payload_bucket_arn"], connections, queue.arn, worker.arn
    ).apply(lambda arns: dead_letter_statements(*arns))
    policy = grant(context, SPEC, identity, statements)
    everything: Variables = {**variables, environment.WORKER_FUNCTION: worker.name}
    handler = create_function(context, SPEC, identity, policy, code, everything)
    lambda_.EventSourceMapping(
        context.child("closer-source"),
        event_source_arn=queue.arn,
        function_name=handler.arn,
        batch_size=BATCH,
        function_response_types=["ReportBatchItemFailures"],
        tags=context.tags,
        # Lambda checks at once that the role may read the queue.
        opts=context.after(policy),
    )
    return handler, identity.logs.name
