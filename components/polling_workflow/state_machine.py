"""The state machine of a workflow: what it may do, and its definition."""

from typing import Any

import pulumi
from pulumi_aws import sfn

from components.arn import ArnParts
from components.polling_workflow.args import PollingWorkflowArgs, is_callback, limits_of
from components.polling_workflow.definition import Targets, definition_text
from components.polling_workflow.functions import WorkflowContext
from components.polling_workflow.permissions import run_state_machine
from components.state_machine.function import WorkflowFunction
from components.state_machine.machine import create_machine


def create_state_machine(
    context: WorkflowContext, start: WorkflowFunction, invoker: WorkflowFunction, finalizer: WorkflowFunction
) -> sfn.StateMachine:
    journal = context.args["journal"]
    functions = [one.function.arn for one in (start, invoker, finalizer)]
    known: pulumi.Output[list[Any]] = pulumi.Output.all(journal["table_arn"], *functions)
    named: pulumi.Output[list[Any]] = pulumi.Output.all(*functions, journal["table_name"])
    return create_machine(
        context,
        journal["table_arn"],
        known.apply(lambda arns: run_state_machine(arns[1:], arns[0])),
        named.apply(lambda known: _definition(context.args, known)),
    )


def _definition(args: PollingWorkflowArgs, known: list[str]) -> str:
    """`known` has the ARNs of the three functions and the name of the table."""
    start, invoker, finalizer, table = known
    targets = Targets(start, invoker, finalizer, table, ArnParts.parse(start).partition)
    return definition_text(targets, limits_of(args), callback=is_callback(args))
