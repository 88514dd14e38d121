"""ARNs, endpoints and principals of other partitions in a text."""

import pytest

from policies.rules.aws_limits.partitions import partition_of
from policies.rules.foreign_names import arns_of_other_partitions, hosts_of_other_partitions, is_principal, service_of
from policies.rules.values import UNKNOWN

CHINA, STATES, STANDARD = (partition_of(region) for region in ("cn-north-1", "us-gov-west-1", "eu-central-1"))


@pytest.mark.parametrize(
    ("text", "arns"),
    [
        ("arn:aws:states:::lambda:invoke", ["arn:aws:states:"]),
        ("arn:aws-cn:states:::lambda:invoke and arn:aws-cn:states:::sqs:sendMessage", ["arn:aws-cn:states:"]),
        ('{"Resource": ["arn:aws:s3:::data/*", "arn:aws-us-gov:s3:::data"]}', ["arn:aws:s3:"]),
        ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", ["arn:aws:iam:"]),
        ("arn:aws-us-gov:sqs:us-gov-west-1:000000000000:runs", []),
        ("arn:*:s3:::data/*", []),
        ("arn:aws*:s3:::data/*", []),
        ("arn:example:s3:::data", []),
        ("learn:aws:s3:", []),
    ],
)
def test_arns_of_other_partitions_than_govcloud(text: str, arns: list[str]) -> None:
    assert list(arns_of_other_partitions(text, STATES)) == arns


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("https://sqs.cn-north-1.amazonaws.com/000000000000/runs", ["sqs.cn-north-1.amazonaws.com"]),
        ("wss://a1.execute-api.cn-north-1.amazonaws.com/live", ["a1.execute-api.cn-north-1.amazonaws.com"]),
        ("0123.dkr.ecr.cn-north-1.amazonaws.com/agent:1", ["0123.dkr.ecr.cn-north-1.amazonaws.com"]),
        ("https://data.s3.amazonaws.com/key", ["data.s3.amazonaws.com"]),
        ("data.s3.amazonaws.com", ["data.s3.amazonaws.com"]),
        ("ec2.c2s.ic.gov", ["ec2.c2s.ic.gov"]),
        ("https://sqs.cn-north-1.amazonaws.com.cn/000000000000/runs", []),
        ("https://states.cn-north-1.api.amazonwebservices.com.cn", []),
        ("lambda.amazonaws.com states.cn-north-1.amazonaws.com ec2.amazonaws.com.cn", []),
        ("com.amazonaws.cn-north-1.s3", []),
        ("http://acs.amazonaws.com/groups/global/AllUsers", []),
        ("http://s3.amazonaws.com/doc/2006-03-01/", []),
        ("https://sqs.eu-west-1.amazonaws.com/ in another region", []),
    ],
)
def test_hosts_of_other_partitions_than_china(text: str, hosts: list[str]) -> None:
    assert list(hosts_of_other_partitions(text, CHINA)) == hosts


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("https://sqs.eu-central-1.amazonaws.com.cn/000000000000/runs", ["sqs.eu-central-1.amazonaws.com.cn"]),
        ("lambda.amazonaws.com.cn", ["lambda.amazonaws.com.cn"]),
        ("https://data.s3.amazonaws.com/key", []),
        ("https://sqs.cn-north-1.amazonaws.com.cn/ in another region", []),
    ],
)
def test_hosts_of_other_partitions_than_the_standard_one(text: str, hosts: list[str]) -> None:
    assert list(hosts_of_other_partitions(text, STANDARD)) == hosts


@pytest.mark.parametrize(
    ("given", "service"),
    [
        ("states.amazonaws.com", "states.amazonaws.com"),
        ("states.eu-central-1.amazonaws.com", "states.amazonaws.com"),
        ("logs.cn-north-1.amazonaws.com.cn", "logs.amazonaws.com"),
        ("ec2.amazonaws.com.cn", "ec2.amazonaws.com"),
        ("delivery.logs.amazonaws.com", "delivery.logs.amazonaws.com"),
        ("arn:aws:iam::000000000000:root", "arn:aws:iam::000000000000:root"),
    ],
)
def test_a_principal_names_a_service_with_or_without_its_region(given: str, service: str) -> None:
    assert service_of(given) == service


@pytest.mark.parametrize(
    ("given", "answer"), [(UNKNOWN, True), ("*", True), ("states.us-east-1.amazonaws.com", True), (None, False)]
)
def test_what_may_be_a_service(given: object, answer: bool) -> None:
    assert is_principal(given, "states.amazonaws.com") is answer
