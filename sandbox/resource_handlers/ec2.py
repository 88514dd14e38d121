"""EC2: the routes of a network that stands already."""

from collections.abc import Sequence
from typing import Any

from sandbox.cloud.request import RefusedError, Request
from sandbox.program.monitor import Created


def vpc_endpoint(request: Request) -> Created:
    """A gateway endpoint; interface endpoints have addresses, of which the emulator has none."""
    cloud, kind = request.cloud, request.get("vpcEndpointType", "Gateway")
    if kind != "Gateway":
        raise RefusedError(f"vpcEndpointType is {kind}; the sandbox makes gateway endpoints only")
    vpc, tables = request.need("vpcId"), request.get("routeTableIds", [])
    _demand("vpcId", [vpc], cloud.ec2.describe_vpcs()["Vpcs"], "VpcId")
    _demand("routeTableIds", tables, cloud.ec2.describe_route_tables()["RouteTables"], "RouteTableId")
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


def demand_network(request: Request, subnets: Sequence[str], groups: Sequence[str]) -> None:
    """Raises RefusedError for a subnet or a security group that does not exist."""
    ec2 = request.cloud.ec2
    _demand("subnets", subnets, ec2.describe_subnets()["Subnets"], "SubnetId")
    _demand("securityGroups", groups, ec2.describe_security_groups()["SecurityGroups"], "GroupId")


def _demand(key: str, wanted: Sequence[str], existing: Sequence[Any], member: str) -> None:
    known = [one[member] for one in existing]
    if missing := [one for one in wanted if one not in known]:
        raise RefusedError(f"{key} names {missing[0]}, which does not exist; there are {', '.join(known) or 'none'}")
