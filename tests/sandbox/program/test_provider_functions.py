"""The provider functions answer for the region that is asked, and for its partition."""

import pytest

from sandbox.program.provider_functions import call_provider

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("region", "partition", "suffix", "reverse"),
    [
        ("eu-central-1", "aws", "amazonaws.com", "com.amazonaws"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com", "com.amazonaws"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"),
    ],
)
def test_partition_and_identity_are_those_of_the_region(region: str, partition: str, suffix: str, reverse: str) -> None:
    found = call_provider("aws:index/getPartition:getPartition", {}, ACCOUNT, region)
    identity = call_provider("aws:index/getCallerIdentity:getCallerIdentity", {}, ACCOUNT, region)

    assert (found["partition"], found["dnsSuffix"], found["reverseDnsPrefix"]) == (partition, suffix, reverse)
    assert identity["arn"] == f"arn:{partition}:iam::{ACCOUNT}:root"


def test_another_region_has_the_endpoint_of_its_partition() -> None:
    found = call_provider("aws:index/getRegion:getRegion", {"region": "cn-northwest-1"}, ACCOUNT, "eu-central-1")

    assert found["endpoint"] == "ec2.cn-northwest-1.amazonaws.com.cn"


def test_a_sandbox_in_govcloud_has_the_partition_of_the_emulators_arns() -> None:
    found = call_provider("aws:index/getPartition:getPartition", {}, ACCOUNT, "us-gov-west-1", "aws")
    identity = call_provider("aws:index/getCallerIdentity:getCallerIdentity", {}, ACCOUNT, "us-gov-west-1", "aws")

    assert (found["partition"], found["dnsSuffix"]) == ("aws", "amazonaws.com")
    assert identity["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
