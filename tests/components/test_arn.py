"""ARNs taken apart, and the region that the AWS provider would use."""

import pulumi
import pytest

from components.arn import ArnParts, provider_region
from tests.components.harness import deploy


def test_parts_name_other_resources_of_the_same_place() -> None:
    parts = ArnParts.parse("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/runs")

    assert parts == ArnParts("aws-cn", "cn-north-1", "123456789012")
    assert parts.arn("states", "stateMachine:*") == "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:*"


def test_resource_may_have_colons_and_a_role_has_no_region() -> None:
    assert ArnParts.parse("arn:aws:logs:eu-west-1:1:log-group:a:b").region == "eu-west-1"
    assert ArnParts.parse("arn:aws:iam::1:role/worker").region == ""


def test_region_is_configured_or_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    found: list[str] = []
    deploy(lambda: found.append(provider_region()), {"aws:region": "ap-south-1"})

    assert (provider_region(), found) == ("eu-west-1", ["ap-south-1"])


def test_missing_region_is_reported_with_the_command_that_sets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(pulumi.RunError, match="aws:region is not set; run: pulumi config set aws:region us-east-1"):
        provider_region()
