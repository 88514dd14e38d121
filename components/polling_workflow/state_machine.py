"""The state machine with its role and its log."""

from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, iam, sfn

from components.arn import ArnParts
from components.iam import document
from components.polling_workflow.args import PollingWorkflowArgs, is_callback, limits_of
from components.polling_workflow.definition import Targets, definition_text
from components.polling_workflow.functions import WorkflowContext, WorkflowFunction
from components.polling_workflow.permissions import run_state_machine, trust_states

LOG_GROUPS: Final = "/aws/vendedlogs/states"
"""CloudWatch allows deliveries to names with this prefix as a whole; others fill a policy of limited size."""

LOG_LEVEL: Final = "ERROR"
"""Errors only: the whole history is kept for 90 days, and the run's events are in the journal."""


def create_state_machine(
    context: WorkflowContext, start: WorkflowFunction, invoker: WorkflowFunction, finalizer: WorkflowFunction
) -> sfn.StateMachine:
    journal = context.args["journal"]
    functions = [one.function.arn for one in (start, invoker, finalizer)]
    logs = _create_logs(context)
    role = iam.Role(
        context.child("machine-role"),
        assume_role_policy=pulumi.Output.from_input(journal["table_arn"]).apply(trust_states),
        tags=context.tags,
        opts=context.opts,
    )
    known: pulumi.Output[list[Any]] = pulumi.Output.all(journal["table_arn"], *functions)
    policy = iam.RolePolicy(
        context.child("machine-policy"),
        role=role.name,
        policy=known.apply(lambda arns: document(run_state_machine(arns[1:], arns[0]))),
        opts=context.opts,
    )
    named: pulumi.Output[list[Any]] = pulumi.Output.all(*functions, journal["table_name"])
    return sfn.StateMachine(
        context.child("machine"),
        type="STANDARD",
        role_arn=role.arn,
        definition=named.apply(lambda known: _definition(context.args, known)),
        logging_configuration={
            "level": LOG_LEVEL,
            "include_execution_data": False,
            "log_destination": logs.arn.apply(lambda arn: f"{arn}:*"),
        },
        tracing_configuration={"enabled": True},
        tags=context.tags,
        # Step Functions checks at once that the role may write to the log.
        opts=context.after(policy),
    )


def _definition(args: PollingWorkflowArgs, known: list[str]) -> str:
    """`known` has the ARNs of the three functions and the name of the table."""
    start, invoker, finalizer, table = known
    targets = Targets(start, invoker, finalizer, table, ArnParts.parse(start).partition)
    return definition_text(targets, limits_of(args), callback=is_callback(args))


def _create_logs(context: WorkflowContext) -> cloudwatch.LogGroup:
    return cloudwatch.LogGroup(
        context.child("machine-logs"),
        name=f"{LOG_GROUPS}/{pulumi.get_project()}-{pulumi.get_stack()}-{context.name}",
        retention_in_days=context.log_retention_days,
        tags=context.tags,
        opts=context.opts,
    )
