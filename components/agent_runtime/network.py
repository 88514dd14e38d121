"""The network of sessions: AWS's own, or a VPC with the routes that they need."""

from typing import Final

import pulumi
from pulumi_aws import bedrock, ec2

from components.agent_runtime.args import AgentRuntimeArgs
from components.arn import provider_region
from components.build_context import BuildContext

ROUTED: Final = ("s3", "dynamodb")
"""Sessions load their code from S3, since May 2026 only by the VPC's own route; the journal is in DynamoDB."""


def create_routes(context: BuildContext[AgentRuntimeArgs]) -> list[pulumi.Resource]:
    """A gateway endpoint for each of the services, if the arguments name a VPC for them."""
    args = context.args
    if "vpc_id" not in args:
        return []
    return [
        ec2.VpcEndpoint(
            context.child(f"{service}-route"),
            vpc_id=args["vpc_id"],
            service_name=f"com.amazonaws.{provider_region()}.{service}",
            vpc_endpoint_type="Gateway",
            route_table_ids=args["route_table_ids"],
            tags=context.tags,
            opts=context.opts,
        )
        for service in ROUTED
    ]


def network_configuration(args: AgentRuntimeArgs) -> bedrock.AgentcoreAgentRuntimeNetworkConfigurationArgsDict:
    mode = args.get("network_mode", "PUBLIC")
    if mode == "PUBLIC":
        return {"network_mode": mode}
    placed: bedrock.AgentcoreAgentRuntimeNetworkConfigurationNetworkModeConfigArgsDict = {
        "subnets": args["subnets"],
        "security_groups": args["security_groups"],
    }
    return {"network_mode": mode, "network_mode_config": placed}
