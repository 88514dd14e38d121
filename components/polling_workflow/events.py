"""The way in: a bus, a rule, and the state machine as its target; and the way back, when a machine has failed."""

import json
from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_, sfn, sqs

from components.iam import assume_role
from components.polling_workflow.functions import Part
from components.polling_workflow.permissions import only_for, start_runs, take_undelivered
from components.polling_workflow.scope import WorkflowScope

SOURCE: Final = "longrun"
DETAIL_TYPE: Final = "RunRequested"
FAILURES: Final = ["FAILED", "TIMED_OUT", "ABORTED"]
"""How a machine ends that could not, or was not let, end its run itself."""

RETRIES: Final = 100
_EVENT_AGE: Final = 3_600
"""Seconds: who asked for a run does not expect it to begin later than that."""

_RETENTION_SECONDS: Final = 14 * 24 * 3_600


def create_queue(scope: WorkflowScope) -> sqs.Queue:
    """Where an event goes that could not be delivered: otherwise nobody would ever know of it."""
    return sqs.Queue(
        scope.child("undelivered"),
        message_retention_seconds=_RETENTION_SECONDS,
        sqs_managed_sse_enabled=True,
        tags=scope.tags,
        opts=scope.opts,
    )


def create_way_in(
    scope: WorkflowScope, machine: sfn.StateMachine, queue: sqs.Queue
) -> tuple[cloudwatch.EventBus, cloudwatch.EventRule]:
    """Events of our type on a bus of our own start the machine."""
    bus = cloudwatch.EventBus(scope.child("bus"), tags=scope.tags, opts=scope.opts)
    rule = cloudwatch.EventRule(
        scope.child("requests"),
        event_bus_name=bus.name,
        event_pattern=json.dumps({"source": [SOURCE], "detail-type": [DETAIL_TYPE]}),
        tags=scope.tags,
        opts=scope.opts,
    )
    role = iam.Role(
        scope.child("requests-role"),
        assume_role_policy=rule.arn.apply(lambda arn: assume_role("events.amazonaws.com", only_for(arn))),
        tags=scope.tags,
        opts=scope.opts,
    )
    policy = iam.RolePolicy(
        scope.child("requests-policy"), role=role.name, policy=machine.arn.apply(start_runs), opts=scope.opts
    )
    cloudwatch.EventTarget(
        scope.child("requests-target"),
        event_bus_name=bus.name,
        rule=rule.name,
        arn=machine.arn,
        role_arn=role.arn,
        opts=scope.after(policy),
        **_delivery(queue),
    )
    return bus, rule


def create_way_back(
    scope: WorkflowScope, machine: sfn.StateMachine, closer: Part, queue: sqs.Queue
) -> cloudwatch.EventRule:
    """A machine that failed, timed out or was stopped is told to the closer: AWS sends that to the default bus only."""
    rule = cloudwatch.EventRule(
        scope.child("failures"),
        event_pattern=machine.arn.apply(_failures_of),
        tags=scope.tags,
        opts=scope.opts,
    )
    permission = lambda_.Permission(
        scope.child("failures-permission"),
        action="lambda:InvokeFunction",
        function=closer.function.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        opts=scope.opts,
    )
    cloudwatch.EventTarget(
        scope.child("failures-target"),
        rule=rule.name,
        arn=closer.function.arn,
        opts=scope.after(permission),
        **_delivery(queue),
    )
    return rule


def open_queue(scope: WorkflowScope, queue: sqs.Queue, *rules: cloudwatch.EventRule) -> None:
    """Lets EventBridge put there what these rules could not deliver."""
    known: pulumi.Output[list[Any]] = pulumi.Output.all(queue.arn, *(rule.arn for rule in rules))
    sqs.QueuePolicy(
        scope.child("undelivered-policy"),
        queue_url=queue.url,
        policy=known.apply(lambda arns: take_undelivered(arns[0], arns[1:])),
        opts=scope.opts,
    )


def _delivery(queue: sqs.Queue) -> dict[str, Any]:
    return {
        "retry_policy": {"maximum_event_age_in_seconds": _EVENT_AGE, "maximum_retry_attempts": RETRIES},
        "dead_letter_config": {"arn": queue.arn},
    }


def _failures_of(machine_arn: str) -> str:
    detail = {"stateMachineArn": [machine_arn], "status": FAILURES}
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": detail,
    }
    return json.dumps(pattern)
