"""EC2: the routes of an existing network, its security groups, and what a program asks about the account's networks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from policies.rules.aws_limits.ecs import SECURITY_GROUP_NAME
from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import Request, ValidationError
from sandbox.errors import SandboxCode, SandboxError
from sandbox.program.monitor import Created

Answer = Callable[[Cloud, Mapping[str, Any]], Mapping[str, Any]]


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


def security_group(request: Request) -> Created:
    """Creates a group with its rules, without the one for all outgoing traffic that EC2 adds: the provider removes
    it."""
    request.skip("revokeRulesOnDelete")
    ec2, name = request.cloud.ec2, request.name("name", SECURITY_GROUP_NAME)
    vpc = request.need("vpcId")
    _require("vpcId", [vpc], ec2.describe_vpcs()["Vpcs"], "VpcId")
    tags: Any = [{"ResourceType": "security-group", "Tags": request.tag_list()}] if request.tags() else []
    description = request.get("description", "Managed by Pulumi")
    group = ec2.create_security_group(GroupName=name, Description=description, VpcId=vpc, TagSpecifications=tags)[
        "GroupId"
    ]
    (made,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    if made["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=made["IpPermissionsEgress"])
    if ingress := [_permission(rule, group) for rule in request.get("ingress", [])]:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=ingress)
    if egress := [_permission(rule, group) for rule in request.get("egress", [])]:
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=egress)
    arn = request.cloud.arn("ec2", f"security-group/{group}")
    return Created(group, {"arn": arn, "name": name, "ownerId": request.cloud.account, "description": description})


def _permission(rule: Any, group: str) -> dict[str, Any]:  # noqa: ANN401  a rule's inputs
    """A rule in the API's format."""
    described = {"Description": rule["description"]} if rule.get("description") else {}
    ranges = [{"CidrIp": block, **described} for block in rule.get("cidrBlocks") or []]
    wide_ranges = [{"CidrIpv6": block, **described} for block in rule.get("ipv6CidrBlocks") or []]
    groups = [*(rule.get("securityGroups") or []), *([group] if rule.get("self") else [])]
    if not (ranges or wide_ranges or groups or rule.get("prefixListIds")):
        raise ValidationError("a rule names no addresses: set cidrBlocks, securityGroups, prefixListIds or self")
    made = {
        "IpProtocol": rule["protocol"],
        "FromPort": rule["fromPort"],
        "ToPort": rule["toPort"],
        "IpRanges": ranges,
        "Ipv6Ranges": wide_ranges,
        "PrefixListIds": [{"PrefixListId": one, **described} for one in rule.get("prefixListIds") or []],
        "UserIdGroupPairs": [{"GroupId": one, **described} for one in groups],
    }
    return {key: value for key, value in made.items() if value != []}


def _vpc(cloud: Cloud, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    found = cloud.ec2.describe_vpcs(Filters=_filters(asked))["Vpcs"]
    if "default" in asked and asked["default"] is not None:
        found = [vpc for vpc in found if vpc.get("IsDefault", False) == asked["default"]]
    if asked.get("id"):
        found = [vpc for vpc in found if vpc["VpcId"] == asked["id"]]
    if len(found) != 1:
        raise _failed("getVpc", f"{len(found) or 'no'} VPCs match, and one must")
    vpc = found[0]
    return {
        "id": vpc["VpcId"],
        "arn": cloud.arn("ec2", f"vpc/{vpc['VpcId']}"),
        "cidrBlock": vpc["CidrBlock"],
        "default": vpc.get("IsDefault", False),
        "ownerId": cloud.account,
        "region": cloud.region,
        "state": vpc["State"],
        "tags": {},
    }


def _subnets(cloud: Cloud, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    found = cloud.ec2.describe_subnets(Filters=_filters(asked))["Subnets"]
    ids = sorted(subnet["SubnetId"] for subnet in found)
    return {"id": cloud.region, "ids": ids, "region": cloud.region, "tags": {}}


def _filters(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = [{"Name": entry["name"], "Values": entry["values"]} for entry in asked.get("filters") or []]
    tags = asked.get("tags") or {}
    return [*given, *({"Name": f"tag:{name}", "Values": [value]} for name, value in tags.items())]


def _failed(name: str, problem: str) -> SandboxError:
    return SandboxError(SandboxCode.DEPLOYMENT_FAILED, f"aws:ec2/{name}: {problem}")


LOOKUPS: Final[Mapping[str, Answer]] = {
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getVpc:getVpc": _vpc,
}
