"""Who calls a function asynchronously: then Lambda keeps the event, tries again, and at last drops it."""

from collections.abc import Iterator
from typing import Final

from policies.rules.lambda_function.functions.function import streams
from policies.rules.references import refers
from policies.rules.rule import Resource, Stack
from policies.rules.values import lookup, members, text

EVENT_TARGET: Final = "aws:cloudwatch/eventTarget:EventTarget"
SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"
BUCKET_NOTIFICATION: Final = "aws:s3/bucketNotification:BucketNotification"


def asynchronous_caller(stack: Stack, function: Resource) -> str | None:
    """Who is known to call the function asynchronously, for a message: `the rule target 'requests-target'`."""
    if streams(function):
        return "the gateway"
    return next(_callers(stack, function), None)


def _callers(stack: Stack, function: Resource) -> Iterator[str]:
    for target in stack.of_type(EVENT_TARGET):
        if refers(target, "arn", lookup(target.properties, "arn"), function):
            yield f"the rule target '{target.name}'"
    for schedule in stack.of_type(SCHEDULE):
        if refers(schedule, "target", lookup(schedule.properties, "target", "arn"), function):
            yield f"the schedule '{schedule.name}'"
    for subscription in stack.of_type(SUBSCRIPTION):
        by_lambda = text(subscription.properties, "protocol") == "lambda"
        if by_lambda and refers(subscription, "endpoint", lookup(subscription.properties, "endpoint"), function):
            yield f"the subscription '{subscription.name}'"
    for notification in stack.of_type(BUCKET_NOTIFICATION):
        for entry in members(notification.properties, "lambdaFunctions"):
            arn = entry.get("lambdaFunctionArn") if isinstance(entry, dict) else entry
            if refers(notification, "lambdaFunctions", arn, function):
                yield f"the bucket notification '{notification.name}'"
