"""The network of the tasks: that of the arguments, or the account's default VPC."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2

from components.build_context import BuildContext
from components.tool_task.args import ToolTaskArgs, is_given_network


@dataclass(frozen=True, slots=True)
class TaskNetwork:
    """What RunTask gets as awsvpcConfiguration."""

    subnets: pulumi.Output[list[str]]
    security_groups: pulumi.Output[list[str]]
    assign_public_ip: bool


def create_network(context: BuildContext[ToolTaskArgs]) -> TaskNetwork:
    args = context.args
    if is_given_network(args):
        given = [pulumi.Output.all(*args[name]) for name in ("subnets", "security_groups")]
        return TaskNetwork(given[0].apply(list), given[1].apply(list), args.get("assign_public_ip", False))
    options = pulumi.InvokeOutputOptions(parent=context.opts.parent)
    vpc = ec2.get_vpc_output(default=True, opts=options)
    subnets = ec2.get_subnets_output(filters=vpc.id.apply(_default_subnets), opts=options)
    group = ec2.SecurityGroup(
        context.child("group"),
        vpc_id=vpc.id,
        description="Tool tasks: outgoing HTTPS only",
        egress=[{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}],
        tags=context.tags,
        opts=context.opts,
    )
    return TaskNetwork(
        subnets.ids.apply(list), group.id.apply(lambda known: [known]), args.get("assign_public_ip", True)
    )


def _default_subnets(vpc: str) -> list[ec2.GetSubnetsFilterArgsDict]:
    """Others of a default VPC may have no way to the internet."""
    return [{"name": "vpc-id", "values": [vpc]}, {"name": "default-for-az", "values": ["true"]}]
