"""The provider functions that a program may call: queries about the account that it is deployed to."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from policies.rules.aws_limits.partitions import PARTITIONS, Partition, partition_of
from sandbox.errors import SandboxCode, SandboxError

Answer = Callable[[Mapping[str, Any], str, str], Mapping[str, Any]]


def call_provider(
    token: str, arguments: Mapping[str, Any], account: str, region: str, partition: str | None = None
) -> Mapping[str, Any]:
    """Without `partition`, the name of one, it is that of the region.

    Raises SandboxError DEPLOYMENT_FAILED for a function that the sandbox does not know."""
    found = INVOKES.get(token)
    if found is None:
        known = ", ".join(sorted(INVOKES))
        raise SandboxError(
            SandboxCode.DEPLOYMENT_FAILED,
            f"the program calls {token}, which the sandbox does not support; it supports {known} "
            "(sandbox/program/provider_functions.py)",
        )
    answer = found(arguments, account, region)
    return answer if partition is None else _in_partition(answer, partition)


def _in_partition(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The answer as another partition gives it: its ARN, and the description of the partition itself."""
    if "partition" in answer:
        return _described(next(each for each in PARTITIONS if each.name == name))
    if "arn" in answer:
        return {**answer, "arn": f"arn:{name}:{answer['arn'].split(':', 2)[2]}"}
    return answer


def _caller_identity(_arguments: Mapping[str, Any], account: str, region: str) -> Mapping[str, Any]:
    return {
        "accountId": account,
        "arn": f"arn:{partition_of(region).name}:iam::{account}:root",
        "id": account,
        "userId": account,
    }


def _region(arguments: Mapping[str, Any], _account: str, region: str) -> Mapping[str, Any]:
    name = arguments.get("region") or arguments.get("name") or region
    endpoint = f"ec2.{name}.{partition_of(name).suffix}"
    return {"description": name, "endpoint": endpoint, "id": name, "name": name, "region": name}


def _partition(_arguments: Mapping[str, Any], _account: str, region: str) -> Mapping[str, Any]:
    return _described(partition_of(region))


def _described(found: Partition) -> Mapping[str, Any]:
    reverse = ".".join(reversed(found.suffix.split(".")))
    return {"dnsSuffix": found.suffix, "id": found.name, "partition": found.name, "reverseDnsPrefix": reverse}


INVOKES: Final[Mapping[str, Answer]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
}
