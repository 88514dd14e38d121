"""One partition everywhere: ARNs, endpoints and service principals of GovCloud in GovCloud, of China in China."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.partitions import Partition, partition_of
from policies.rules.finding import Finding
from policies.rules.foreign_names import arns_of_other_partitions, hosts_of_other_partitions
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.places.homes import PROVIDER, Homes, stack_region
from policies.rules.values import texts

_REMARKS: Final = frozenset({"tags", "tagsAll", "description", "comment"})
"""Properties that people read and AWS does not."""


def partition_problems(values: Mapping[str, str], region: str) -> list[str]:
    """Returns a message for each named value with an ARN or an endpoint of another partition than the region's."""
    found = (finding for name, value in values.items() for finding in _findings(name, value, region))
    return [finding.explanation() for finding in found]


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    region = stack_region(stack)
    if region is None:
        return
    homes = Homes.of(stack, region)
    for resource in stack.resources:
        own = homes.of_resource(resource)
        if isinstance(own, str) and resource.type.startswith(("aws:", PROVIDER)):
            for path, value in _judged(resource):
                for finding in _findings(path, value, own):
                    yield resource, finding


def _judged(resource: Resource) -> Iterator[tuple[str, str]]:
    for prop, value in resource.properties.items():
        if prop not in _REMARKS:
            yield from texts(value, prop)


def _findings(path: str, value: str, region: str) -> Iterator[Finding]:
    partition = partition_of(region)
    for arn in arns_of_other_partitions(value, partition):
        yield Finding(
            property=path,
            value=f"with an ARN that begins with {arn}",
            allowed=f"arn:{partition.name}: in {region}",
            why="A partition knows nothing of another: AWS rejects the ARN, or it names and allows nothing",
            fix="Take the ARN from the resource's output, or begin it with the partition of aws.get_partition",
        )
    for host in hosts_of_other_partitions(value, partition):
        yield _host_finding(path, host, partition, region)


def _host_finding(path: str, host: str, partition: Partition, region: str) -> Finding:
    return Finding(
        property=path,
        value=f"with the name {host}",
        allowed=f"names that end in {' or '.join(partition.suffixes)} in {region}",
        why="The name does not exist, or is that of another partition, which does not accept this one's credentials",
        fix="Take the address from the resource's output, or end it with the DNS suffix of aws.get_partition",
    )


RULE = StackRule(
    name="stack-partition-alignment",
    description="ARNs, endpoints and service principals of a stack have the form of its region's partition.",
    remediation="Build ARNs and addresses from outputs, or from the partition and DNS suffix of aws.get_partition.",
    check=_check,
)
