"""The task definition: one container with the tools, and the roles that it needs."""

import json
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_aws import cloudwatch, ecs, iam

from components.arn import ArnParts, provider_region
from components.build_context import BuildContext
from components.iam import document
from components.journal_table.variables import journal_variables
from components.tool_task.args import ToolTaskArgs, task_limits
from components.tool_task.choice import task_size
from components.tool_task.permissions import execution_statements, task_statements, trust
from components.traces import read_traces_keys, traces_variables
from policies.rules.aws_limits.ecs import FAMILY
from runtime import environment

CONTAINER: Final = "tool"
COMMAND: Final = ("python", "-m", "tools.task.task_main")
STOP_SECONDS: Final = 30
"""Between SIGTERM and SIGKILL: the supervisor ends the tool and reports."""

_ARCHITECTURES: Final = {"arm64": "ARM64", "x86_64": "X86_64"}
_SCRATCH: Final = "scratch"

ToolContext = BuildContext[ToolTaskArgs]


@dataclass(frozen=True, slots=True)
class TaskRoles:
    """`own` is that of the tools, `execution` that of ECS, which starts them."""

    own: iam.Role
    execution: iam.Role
    policies: list[iam.RolePolicy]


def create_roles(context: ToolContext, logs: cloudwatch.LogGroup) -> TaskRoles:
    args = context.args
    table: pulumi.Output[str] = pulumi.Output.from_input(args["journal"]["table_arn"])
    own, execution = (
        iam.Role(
            context.child(role),
            assume_role_policy=table.apply(lambda arn: trust(_place(arn))),
            tags=context.tags,
            opts=context.opts,
        )
        for role in ("role", "execution-role")
    )
    used: pulumi.Output[list[Any]] = pulumi.Output.all(
        table,
        args["journal"]["payload_bucket_arn"],
        args["data"]["bucket_arn"],
        read_traces_keys(args.get("traces_endpoint", ""), args.get("traces_keys")),
    )
    started: pulumi.Output[list[Any]] = pulumi.Output.all(logs.arn, args["image"], table)
    policies = [
        iam.RolePolicy(
            context.child("policy"),
            role=own.name,
            policy=used.apply(lambda known: document([*task_statements(*known[:3]), *known[3]])),
            opts=context.opts,
        ),
        iam.RolePolicy(
            context.child("execution-policy"),
            role=execution.name,
            policy=started.apply(
                lambda known: document(execution_statements(known[0], known[1], _place(known[2]).partition))
            ),
            opts=context.opts,
        ),
    ]
    return TaskRoles(own, execution, policies)


def create_definition(context: ToolContext, roles: TaskRoles, logs: cloudwatch.LogGroup) -> ecs.TaskDefinition:
    args = context.args
    size = task_size(task_limits(args), args.get("cpu"), args.get("memory"))
    if size is None:
        raise ValueError("validate has accepted a size that Fargate does not have")
    containers = pulumi.Output.all(args["image"], logs.name, task_variables(args)).apply(
        lambda known: json.dumps([container(*known)], sort_keys=True)
    )
    return ecs.TaskDefinition(
        context.child("task"),
        family=family(context.name),
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(size.cpu),
        memory=str(size.memory),
        runtime_platform={
            "operating_system_family": "LINUX",
            "cpu_architecture": _ARCHITECTURES[args.get("architecture", "arm64")],
        },
        task_role_arn=roles.own.arn,
        execution_role_arn=roles.execution.arn,
        volumes=[{"name": _SCRATCH}],
        container_definitions=containers,
        tags=context.tags,
        # A task that starts before its permissions are there fails.
        opts=context.after(*roles.policies),
    )


def family(name: str) -> str:
    """The name of the task definition, which all its revisions share."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}".replace(".", "-")[: FAMILY.longest]


def task_variables(args: ToolTaskArgs) -> dict[str, pulumi.Input[str]]:
    """The variables of the container. ECS sets the region; a run, its job and its token are overrides."""
    return {
        **journal_variables(args["journal"]),
        environment.DATA_BUCKET: args["data"]["bucket_name"],
        # Lines reach the log as they are printed.
        "PYTHONUNBUFFERED": "1",
        **traces_variables(args.get("traces_endpoint", ""), args.get("traces_keys")),
        **args.get("variables", {}),
    }


def container(image: str, log_group: str, variables: dict[str, str]) -> dict[str, Any]:
    """The container definition as ECS's API has it."""
    return {
        "name": CONTAINER,
        "image": image,
        "essential": True,
        "command": list(COMMAND),
        "environment": [{"name": name, "value": value} for name, value in sorted(variables.items())],
        "readonlyRootFilesystem": True,
        "mountPoints": [{"sourceVolume": _SCRATCH, "containerPath": "/tmp", "readOnly": False}],  # noqa: S108  its own
        # The first process waits for orphans, and passes SIGTERM on.
        "linuxParameters": {"initProcessEnabled": True},
        "stopTimeout": STOP_SECONDS,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": provider_region(),
                "awslogs-stream-prefix": CONTAINER,
            },
        },
    }


def _place(arn: str) -> ArnParts:
    """Partition and account of the ARN, in the provider's region."""
    known = ArnParts.parse(arn)
    return ArnParts(known.partition, provider_region(), known.account)
