"""Where sessions stand: in AWS's own network, or in a VPC with the routes that they need."""

from typing import Final

import pulumi
from pulumi_aws import bedrock, ec2

from components.agent_runtime.scope import RuntimeScope

ROUTED: Final = ("s3", "dynamodb")
"""Sessions take their code from S3, and since May 2026 by the VPC's own route only; the journal is in DynamoDB."""


def create_routes(scope: RuntimeScope) -> list[pulumi.Resource]:
    """A gateway endpoint for each of the services, where the arguments name a VPC for them."""
    args = scope.args
    if "vpc_id" not in args:
        return []
    return [
        ec2.VpcEndpoint(
            scope.child(f"{service}-route"),
            vpc_id=args["vpc_id"],
            service_name=f"com.amazonaws.{args['region']}.{service}",
            vpc_endpoint_type="Gateway",
            route_table_ids=args["route_table_ids"],
            tags=scope.tags,
            opts=scope.opts,
        )
        for service in ROUTED
    ]


def network_configuration(scope: RuntimeScope) -> bedrock.AgentcoreAgentRuntimeNetworkConfigurationArgsDict:
    mode = scope.args.get("network_mode", "PUBLIC")
    if mode == "PUBLIC":
        return {"network_mode": mode}
    placed: bedrock.AgentcoreAgentRuntimeNetworkConfigurationNetworkModeConfigArgsDict = {
        "subnets": scope.args["subnets"],
        "security_groups": scope.args["security_groups"],
    }
    return {"network_mode": mode, "network_mode_config": placed}
