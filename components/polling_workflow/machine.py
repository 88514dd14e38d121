"""The state machine with its role and its log."""

from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, iam, sfn

from components.iam import assume_role, document
from components.polling_workflow.args import is_callback, limits_of
from components.polling_workflow.definition import Parts, definition_text
from components.polling_workflow.functions import Part
from components.polling_workflow.permissions import only_for, run_machine
from components.polling_workflow.scope import WorkflowScope

LOG_GROUPS: Final = "/aws/vendedlogs/states"
"""CloudWatch grants deliveries to names with this prefix as a whole; others fill up a policy of limited size."""

LOG_LEVEL: Final = "ERROR"
"""What went wrong. All of it is in the history for 90 days, and what the run did is in its journal."""


def create_machine(scope: WorkflowScope, door: Part, invoker: Part, closer: Part) -> sfn.StateMachine:
    functions = [part.function.arn for part in (door, invoker, closer)]
    logs = _create_logs(scope)
    role = iam.Role(
        scope.child("machine-role"),
        assume_role_policy=pulumi.Output.from_input(scope.args["table_arn"]).apply(_trust),
        tags=scope.tags,
        opts=scope.opts,
    )
    known: pulumi.Output[list[Any]] = pulumi.Output.all(scope.args["table_arn"], *functions)
    policy = iam.RolePolicy(
        scope.child("machine-policy"),
        role=role.name,
        policy=known.apply(lambda arns: document(run_machine(arns[1:], arns[0]))),
        opts=scope.opts,
    )
    named: pulumi.Output[list[Any]] = pulumi.Output.all(*functions, scope.args["table_name"])
    return sfn.StateMachine(
        scope.child("machine"),
        type="STANDARD",
        role_arn=role.arn,
        definition=named.apply(lambda parts: _definition(scope, *parts)),
        logging_configuration={
            "level": LOG_LEVEL,
            "include_execution_data": False,
            "log_destination": logs.arn.apply(lambda arn: f"{arn}:*"),
        },
        tracing_configuration={"enabled": True},
        tags=scope.tags,
        # Step Functions checks when it takes the machine that the role may write to the log.
        opts=scope.after(policy),
    )


def _definition(scope: WorkflowScope, door: str, invoker: str, closer: str, table: str) -> str:
    parts = Parts(door, invoker, closer, table)
    return definition_text(parts, limits_of(scope.args), callback=is_callback(scope.args))


def _create_logs(scope: WorkflowScope) -> cloudwatch.LogGroup:
    return cloudwatch.LogGroup(
        scope.child("machine-logs"),
        name=f"{LOG_GROUPS}/{pulumi.get_project()}-{pulumi.get_stack()}-{scope.name}",
        retention_in_days=scope.log_retention_days,
        tags=scope.tags,
        opts=scope.opts,
    )


def _trust(table_arn: str) -> str:
    """Step Functions may take the role for machines of the table's account and region."""
    _, partition, _, region, account, _ = table_arn.split(":", 5)
    return assume_role("states.amazonaws.com", only_for(f"arn:{partition}:states:{region}:{account}:stateMachine:*"))
