"""The trigger rule starts the state machine on events."""

import json

from pulumi_aws import cloudwatch, iam, sfn, sqs

from components.iam import assume_role, only_for
from components.polling_workflow.functions import WorkflowContext
from components.polling_workflow.permissions import start_runs
from components.state_machine.failure_rule import delivery
from contract.start_event import DETAIL_TYPE, SOURCE


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
        **delivery(queue),
    )
    return bus, rule
