"""The rule that invokes a finalizer for failed executions, and the queue of events that could not be delivered."""

import json
from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, lambda_, sfn, sqs

from components.build_context import BuildContext, LoggedArgs
from components.state_machine.permissions import accept_undelivered

FAILURES: Final = ["FAILED", "TIMED_OUT", "ABORTED"]
"""The ends of a state machine that did not end its run itself."""

RETRIES: Final = 100
_EVENT_AGE: Final = 3_600
"""Seconds: nobody who asked for a run expects it to start later than that."""

_RETENTION_SECONDS: Final = 14 * 24 * 3_600


def create_dead_letter_queue(context: BuildContext[LoggedArgs]) -> sqs.Queue:
    """The queue of events that could not be delivered: otherwise they would be lost without notice."""
    return sqs.Queue(
        context.child("undelivered"),
        message_retention_seconds=_RETENTION_SECONDS,
        sqs_managed_sse_enabled=True,
        tags=context.tags,
        opts=context.opts,
    )


def create_failure_rule(
    context: BuildContext[LoggedArgs],
    state_machine: sfn.StateMachine,
    finalizer: lambda_.Function,
    queue: sqs.Queue,
) -> cloudwatch.EventRule:
    """Invokes the finalizer for executions that failed, timed out or were stopped: AWS reports them on its own bus."""
    rule = cloudwatch.EventRule(
        context.child("failures"),
        event_pattern=state_machine.arn.apply(_failures_of),
        tags=context.tags,
        opts=context.opts,
    )
    permission = lambda_.Permission(
        context.child("failures-permission"),
        action="lambda:InvokeFunction",
        function=finalizer.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        opts=context.opts,
    )
    cloudwatch.EventTarget(
        context.child("failures-target"),
        rule=rule.name,
        arn=finalizer.arn,
        opts=context.after(permission),
        **delivery(queue),
    )
    return rule


def accept_events(context: BuildContext[LoggedArgs], queue: sqs.Queue, *rules: cloudwatch.EventRule) -> None:
    """Allows EventBridge to send the events that these rules could not deliver."""
    known: pulumi.Output[list[Any]] = pulumi.Output.all(queue.arn, *(rule.arn for rule in rules))
    sqs.QueuePolicy(
        context.child("undelivered-policy"),
        queue_url=queue.url,
        policy=known.apply(lambda arns: accept_undelivered(arns[0], arns[1:])),
        opts=context.opts,
    )


def delivery(queue: sqs.Queue) -> dict[str, Any]:
    """How a target gets its events: the retries, and the queue of those that remain."""
    return {
        "retry_policy": {"maximum_event_age_in_seconds": _EVENT_AGE, "maximum_retry_attempts": RETRIES},
        "dead_letter_config": {"arn": queue.arn},
    }


def _failures_of(state_machine_arn: str) -> str:
    detail = {"stateMachineArn": [state_machine_arn], "status": FAILURES}
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": detail,
    }
    return json.dumps(pattern)
