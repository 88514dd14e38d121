"""What the functions may do to each other, beyond the journal: pure statements."""

from components.iam import QUEUE_CONSUME_ACTIONS, Statement, allow


def invoke_worker(function_arn: str) -> Statement:
    return allow("InvokeWorker", ["lambda:InvokeFunction"], [function_arn])


def consume_failures(queue_arn: str) -> Statement:
    return allow("ConsumeFailures", QUEUE_CONSUME_ACTIONS, [queue_arn])
