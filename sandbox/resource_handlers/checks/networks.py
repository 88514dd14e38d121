"""Answers a program's questions about the networks of the account, which has a default VPC as every account has."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.cloud.cloud import Cloud
from sandbox.errors import SandboxCode, SandboxError

Answer = Callable[[Cloud, Mapping[str, Any]], Mapping[str, Any]]


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
