"""The trigger rule starts the state machine on events; the failure rule invokes the finalizer when it failed."""

import json
from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_, sfn, sqs

from components.iam import assume_role, only_for
from components.polling_workflow.functions import WorkflowContext, WorkflowFunction
from components.polling_workflow.permissions import accept_undelivered, start_runs
from contract.start_event import DETAIL_TYPE, SOURCE

FAILURES: Final = ["FAILED", "TIMED_OUT", "ABORTED"]
"""The ends of a state machine that did not end its run itself."""

RETRIES: Final = 100
_EVENT_AGE: Final = 3_600
"""Seconds: nobody who asked for a run expects it to start later than that."""

_RETENTION_SECONDS: Final = 14 * 24 * 3_600


def create_dead_letter_queue(context: WorkflowContext) -> sqs.Queue:
    """The queue of events that could not be delivered: otherwise they would be lost without notice."""
    return sqs.Queue(
        context.child("undelivered"),
        message_retention_seconds=_RETENTION_SECONDS,
        sqs_managed_sse_enabled=True,
        tags=context.tags,
        opts=context.opts,
    )


def create_trigger_rule(
    context: WorkflowContext, state_machine: sfn.StateMachine, queue: sqs.Queue
) -> tuple[cloudwatch.EventBus, cloudwatch.EventRule]:
    """Events of our type on a bus of our own start the state machine."""
    bus = cloudwatch.EventBus(context.child("bus"), tags=context.tags, opts=context.opts)
    rule = cloudwatch.EventRule(
        context.child("requests"),
        event_bus_name=bus.name,
        event_pattern=json.dumps({"source": [SOURCE], "detail-type": [DETAIL_TYPE]}),
        tags=context.tags,
        opts=context.opts,
    )
    role = iam.Role(
        context.child("requests-role"),
        assume_role_policy=rule.arn.apply(lambda arn: assume_role("events.amazonaws.com", only_for(arn))),
        tags=context.tags,
        opts=context.opts,
    )
    policy = iam.RolePolicy(
        context.child("requests-policy"), role=role.name, policy=state_machine.arn.apply(start_runs), opts=context.opts
    )
    cloudwatch.EventTarget(
        context.child("requests-target"),
        event_bus_name=bus.name,
        rule=rule.name,
        arn=state_machine.arn,
        role_arn=role.arn,
        opts=context.after(policy),
        **_delivery(queue),
    )
    return bus, rule


def create_failure_rule(
    context: WorkflowContext, state_machine: sfn.StateMachine, finalizer: WorkflowFunction, queue: sqs.Queue
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
        function=finalizer.function.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        opts=context.opts,
    )
    cloudwatch.EventTarget(
        context.child("failures-target"),
        rule=rule.name,
        arn=finalizer.function.arn,
        opts=context.after(permission),
        **_delivery(queue),
    )
    return rule


def accept_events(context: WorkflowContext, queue: sqs.Queue, *rules: cloudwatch.EventRule) -> None:
    """Allows EventBridge to send the events that these rules could not deliver."""
    known: pulumi.Output[list[Any]] = pulumi.Output.all(queue.arn, *(rule.arn for rule in rules))
    sqs.QueuePolicy(
        context.child("undelivered-policy"),
        queue_url=queue.url,
        policy=known.apply(lambda arns: accept_undelivered(arns[0], arns[1:])),
        opts=context.opts,
    )


def _delivery(queue: sqs.Queue) -> dict[str, Any]:
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
