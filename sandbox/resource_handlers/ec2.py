"""EC2: the routes of an existing network."""

from collections.abc import Sequence
from typing import Any

from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created


def vpc_endpoint(request: Request) -> Created:
    """Creates a gateway endpoint; the emulator has no network interfaces for interface endpoints."""
    cloud, kind = request.cloud, request.get("vpcEndpointType", "Gateway")
    if kind != "Gateway":
        raise ValidationError(f"vpcEndpointType is {kind}; the sandbox creates gateway endpoints only")
    vpc, tables = request.need("vpcId"), request.get("routeTableIds", [])
    _require("vpcId", [vpc], cloud.ec2.describe_vpcs()["Vpcs"], "VpcId")
    _require("routeTableIds", tables, cloud.ec2.describe_route_tables()["RouteTables"], "RouteTableId")
    tags: Any = [{"ResourceType": "vpc-endpoint", "Tags": request.tag_list()}] if request.tags() else []
    made = cloud.ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=request.need("serviceName"),
        VpcEndpointType="Gateway",
        RouteTableIds=tables,
        TagSpecifications=tags,
    )["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    return Created(endpoint, {"arn": cloud.arn("ec2", f"vpc-endpoint/{endpoint}"), "state": "available"})


def require_network(request: Request, subnets: Sequence[str], groups: Sequence[str]) -> None:
    """Raises ValidationError for a subnet or a security group that does not exist."""
    ec2 = request.cloud.ec2
    _require("subnets", subnets, ec2.describe_subnets()["Subnets"], "SubnetId")
    _require("securityGroups", groups, ec2.describe_security_groups()["SecurityGroups"], "GroupId")


def _require(key: str, wanted: Sequence[str], existing: Sequence[Any], member: str) -> None:
    known = [one[member] for one in existing]
    if missing := [one for one in wanted if one not in known]:
        raise ValidationError(f"{key} names {missing[0]}, which does not exist; existing: {', '.join(known) or 'none'}")
