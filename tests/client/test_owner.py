import asyncio

import pytest

from client import RequestError, Target
from client._owner import run_owner
from runtime.gateway.identity import connection_owner
from tests.client.aws import Aws

URL = "ws://127.0.0.1:9/live"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:user/team/jo",
        "arn:aws:sts::123456789012:assumed-role/Analyst/jo@example.com",
        "arn:aws:sts::123456789012:assumed-role/Analyst/botocore-session-1764000000",
        "arn:aws-cn:sts::123456789012:assumed-role/Analyst/aws-go-sdk-1764000000000",
        "arn:aws:iam::123456789012:root",
    ],
)
def test_the_owner_is_the_one_whom_the_gateway_will_see(aws: Aws, arn: str) -> None:
    aws.arn = arn
    connection = {"requestContext": {"identity": {"userArn": arn}}}

    assert asyncio.run(run_owner(Target(URL, "AWS_IAM"), aws.url)) == connection_owner(connection, "AWS_IAM")


def test_under_iam_the_owner_is_asked_of_aws(aws: Aws) -> None:
    aws.arn = "arn:aws:sts::123456789012:assumed-role/Analyst/botocore-session-1764000000"

    owner = asyncio.run(run_owner(Target(URL, "AWS_IAM"), aws.url))

    assert owner == "arn:aws:sts::123456789012:assumed-role/Analyst"


def test_without_authorization_the_owner_is_the_user_or_nobody() -> None:
    assert asyncio.run(run_owner(Target(URL, user="jo"), None)) == "jo"
    assert asyncio.run(run_owner(Target(URL), None)) is None


def test_a_user_whom_no_deployment_accepts_is_rejected() -> None:
    with pytest.raises(RequestError, match="'a b' is not valid"):
        asyncio.run(run_owner(Target(URL, user="a b"), None))
