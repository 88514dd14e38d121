"""The state machine of the workflow: its name, what it may do, and its definition."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import iam, sfn

from components.arn import ArnParts
from components.iam import document
from components.react_workflow.args import ReactWorkflowArgs, limits_of, prefix_of, tool_seconds
from components.react_workflow.definition import Targets, definition_text
from components.react_workflow.functions import STEPS, ReactContext
from components.react_workflow.names import STATE_MACHINE, named
from components.react_workflow.permissions import answer_questions, run_state_machine
from components.react_workflow.tools import TaskTarget
from components.state_machine.function import WorkflowFunction
from components.state_machine.machine import create_machine
from components.tool_task.tool_task import allow_reports as allow_task_reports


def create_state_machine(context: ReactContext, steps: Mapping[str, WorkflowFunction]) -> sfn.StateMachine:
    args = context.args
    functions = {role: step.function.arn for role, step in steps.items()}
    known = pulumi.Output.all(
        functions=functions, eda=args["tools"]["eda"], causal_analysis=args["tools"]["causal_analysis"]
    )
    limits = limits_of(args)
    return create_machine(
        context,
        args["journal"]["table_arn"],
        known.apply(
            lambda values: run_state_machine(
                list(values["functions"].values()), [values["eda"], values["causal_analysis"]]
            )
        ),
        known.apply(lambda values: definition_text(targets_of(args, values), limits)),
        named(prefix_of(args), STATE_MACHINE),
    )


def targets_of(args: ReactWorkflowArgs, known: Mapping[str, Any]) -> Targets:
    """`known` has the functions' ARNs by role, and the two ToolTaskRefs."""
    functions = {spec.role.replace("-", "_"): known["functions"][spec.role] for spec in STEPS}
    partition = ArnParts.parse(functions["invoke_llm"]).partition
    return Targets(
        **functions,
        eda=_target(known["eda"], tool_seconds(args, known["eda"])),
        causal_analysis=_target(known["causal_analysis"], tool_seconds(args, known["causal_analysis"])),
        partition=partition,
    )


def _target(task: Mapping[str, Any], seconds: int) -> TaskTarget:
    return TaskTarget(
        cluster=task["cluster_arn"],
        task_definition=task["task_definition_arn"],
        container=task["container"],
        subnets=tuple(task["subnets"]),
        security_groups=tuple(task["security_groups"]),
        assign_public_ip=task["assign_public_ip"],
        spot=task["spot"],
        seconds=seconds,
    )


def allow_reports(context: ReactContext, machine: sfn.StateMachine) -> None:
    """The containers report by task tokens, and the gateway answers questions and cancels."""
    args = context.args
    tasks = {"eda": args["tools"]["eda"], "causal-analysis": args["tools"]["causal_analysis"]}
    for reporter, task in tasks.items():
        allow_task_reports(context.child(f"{reporter}-report-policy"), task, machine.arn, context.opts)
    if gateway := args.get("websocket", {}).get("gateway_role"):
        iam.RolePolicy(
            context.child("answer-policy"),
            role=gateway,
            policy=machine.arn.apply(lambda arn: document([answer_questions(arn)])),
            opts=context.opts,
        )
