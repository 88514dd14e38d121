"""The model of a stack that names none."""

import pytest

from components.default_model import default_model, model_warning
from components.model_access import model_problems


@pytest.mark.parametrize(
    ("region", "geography"),
    [
        ("us-east-1", "us."),
        ("ca-central-1", "us."),
        ("eu-central-1", "eu."),
        ("ap-northeast-1", "jp."),
        ("ap-southeast-2", "au."),
        ("ap-southeast-5", "global."),
        ("sa-east-1", "global."),
        ("us-gov-west-1", "us-gov."),
        ("cn-north-1", ""),
        ("eu-isoe-west-1", ""),
    ],
)
def test_the_profile_is_that_of_the_regions_geography(region: str, geography: str) -> None:
    model = default_model(region)

    assert model == f"{geography}anthropic.claude-sonnet-4-6"
    assert model_problems({"provider": "bedrock", "model_id": model}, region) == []


@pytest.mark.parametrize(
    ("provider", "region", "warned"),
    [("bedrock", "cn-northwest-1", True), ("openai", "cn-north-1", False), ("bedrock", "us-gov-west-1", False)],
)
def test_only_bedrock_in_china_has_no_models(provider: str, region: str, warned: bool) -> None:
    assert bool(model_warning(provider, region)) is warned


@pytest.mark.parametrize(
    ("region", "arn"),
    [
        ("us-gov-west-1", "arn:aws:secretsmanager:us-gov-west-1:123456789012:secret:key-AbCdEf"),
        ("cn-north-1", "arn:aws-us-gov:secretsmanager:cn-north-1:123456789012:secret:key-AbCdEf"),
    ],
)
def test_a_secret_of_another_partition_is_a_problem(region: str, arn: str) -> None:
    model = {"provider": "openai", "model_id": "gpt-5", "url": "https://example.com/v1"}

    (found,) = model_problems({**model, "secret_arn": arn}, region)  # type: ignore[typeddict-item]
    assert "model.secret_arn is with an ARN that begins with arn:aws" in found
    right = arn.replace(arn.split(":")[1], "aws-cn" if region.startswith("cn-") else "aws-us-gov")
    assert model_problems({**model, "secret_arn": right}, region) == []  # type: ignore[typeddict-item]


@pytest.mark.parametrize("kind", ["foundation-model/anthropic.claude-sonnet-4-6", "provisioned-model/abc"])
def test_a_model_by_an_arn_of_another_partition_is_a_problem(kind: str) -> None:
    model_id = f"arn:aws:bedrock:us-gov-west-1::{kind}"

    assert model_problems({"provider": "bedrock", "model_id": model_id}, "us-gov-west-1") != []
