"""A state machine with its role and its log."""

from collections.abc import Sequence
from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, iam, sfn

from components.build_context import BuildContext, LoggedArgs, replaced_by_name
from components.iam import Statement, document
from components.state_machine.permissions import trust_states

LOG_GROUPS: Final = "/aws/vendedlogs/states"
"""CloudWatch allows deliveries to names with this prefix as a whole; others fill a policy of limited size."""

LOG_LEVEL: Final = "ERROR"
"""Errors only: the whole history is kept for 90 days, and the run's events are in the journal."""


def create_machine(
    context: BuildContext[LoggedArgs],
    table_arn: pulumi.Input[str],
    statements: pulumi.Output[list[Statement]],
    definition: pulumi.Output[str],
    name: str | None = None,
) -> sfn.StateMachine:
    """`statements` are what its role may do. `table_arn` is of the journal, in whose account and region it is."""
    logs = _create_logs(context)
    role = iam.Role(
        context.child("machine-role"),
        assume_role_policy=pulumi.Output.from_input(table_arn).apply(trust_states),
        tags=context.tags,
        opts=context.opts,
    )
    policy = iam.RolePolicy(
        context.child("machine-policy"), role=role.name, policy=statements.apply(_document), opts=context.opts
    )
    return sfn.StateMachine(
        context.child("machine"),
        name=name,
        type="STANDARD",
        role_arn=role.arn,
        definition=definition,
        logging_configuration={
            "level": LOG_LEVEL,
            "include_execution_data": False,
            "log_destination": logs.arn.apply(lambda arn: f"{arn}:*"),
        },
        tracing_configuration={"enabled": True},
        tags=context.tags,
        # Step Functions checks at once that the role may write to the log.
        opts=replaced_by_name(context.after(policy), name),
    )


def _document(statements: Sequence[Any]) -> str:
    return document(statements)


def _create_logs(context: BuildContext[LoggedArgs]) -> cloudwatch.LogGroup:
    return cloudwatch.LogGroup(
        context.child("machine-logs"),
        name=f"{LOG_GROUPS}/{pulumi.get_project()}-{pulumi.get_stack()}-{context.name}",
        retention_in_days=context.log_retention_days,
        tags=context.tags,
        opts=context.opts,
    )
