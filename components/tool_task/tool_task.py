"""Tools of the catalogue as tasks on Fargate: the task definition, its roles and logs, and where it runs."""

from typing import Final

import pulumi
from pulumi_aws import cloudwatch, ecs, iam

from components.build_context import BuildContext
from components.iam import document
from components.refs import ToolTaskRef
from components.tool_task.args import ToolTaskArgs, task_limits, task_tools, validate
from components.tool_task.choice import longest_seconds
from components.tool_task.definition import CONTAINER, create_definition, create_roles
from components.tool_task.network import create_network
from components.tool_task.permissions import report_statement
from components.validation import form_problems, require_valid


class ToolTask(pulumi.ComponentResource):
    """A task definition that runs one call of a tool: it reads the job, reports to the state machine, and ends."""

    cluster_arn: pulumi.Output[str]
    """ARN of the cluster."""
    task_definition_arn: pulumi.Output[str]
    """ARN of the newest revision of the task definition."""
    log_group: pulumi.Output[str]
    """Name of the log group."""
    role_name: pulumi.Output[str]
    """Name of the role of the tools."""
    tools: pulumi.Output[list[str]]
    """The tools that need a task. A function runs the others."""

    def __init__(self, name: str, args: ToolTaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("ToolTask", name, form_problems(args, ToolTaskArgs) or validate(args))
        super().__init__("longrun:index:ToolTask", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        self._args = args
        self._network = create_network(context)
        logs = cloudwatch.LogGroup(
            context.child("logs"),
            retention_in_days=context.log_retention_days,
            tags=context.tags,
            opts=context.opts,
        )
        self._roles = create_roles(context, logs)
        definition = create_definition(context, self._roles, logs)
        self.cluster_arn = _cluster(context)
        self.task_definition_arn = definition.arn
        self.log_group = logs.name
        self.role_name = self._roles.own.name
        self.tools = pulumi.Output.from_input(task_tools(args))
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})

    @property
    def ref(self) -> ToolTaskRef:
        """The task, for a component whose state machine runs it."""
        return {
            "cluster_arn": self.cluster_arn,
            "task_definition_arn": self.task_definition_arn.apply(lambda arn: arn.rpartition(":")[0]),
            "container": CONTAINER,
            "role_arn": self._roles.own.arn,
            "role_name": self.role_name,
            "execution_role_arn": self._roles.execution.arn,
            "subnets": self._network.subnets,
            "security_groups": self._network.security_groups,
            "assign_public_ip": self._network.assign_public_ip,
            "spot": self._args.get("spot", False),
            "tools": task_tools(self._args),
            "longest_seconds": longest_seconds(task_limits(self._args)),
        }


OUTPUTS: Final = tuple(ToolTask.__annotations__)


def allow_reports(
    name: str, ref: ToolTaskRef, state_machine_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> iam.RolePolicy:
    """Allows the tools to report to the state machine that runs them. Its ARN is known only after the task."""
    policy = pulumi.Output.from_input(state_machine_arn).apply(lambda arn: document([report_statement(arn)]))
    return iam.RolePolicy(name, role=ref["role_name"], policy=policy, opts=opts)


def _cluster(context: BuildContext[ToolTaskArgs]) -> pulumi.Output[str]:
    """The given cluster, or a new one. Its ARN is known when tasks can start there."""
    if "cluster_arn" in context.args:
        return pulumi.Output.from_input(context.args["cluster_arn"])
    cluster = ecs.Cluster(context.child("cluster"), tags=context.tags, opts=context.opts)
    if not context.args.get("spot", False):
        return cluster.arn
    providers = ecs.ClusterCapacityProviders(
        context.child("providers"),
        cluster_name=cluster.name,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
        opts=context.opts,
    )
    return pulumi.Output.all(cluster.arn, providers.id).apply(lambda known: str(known[0]))
