"""Regions in text."""

import pytest

from policies.rules.regions import is_callable_from, is_region, langfuse_hosts_named, models_named, regions_named


@pytest.mark.parametrize("name", ["us-east-1", "ap-southeast-5", "us-gov-west-1", "cn-north-1", "mx-central-1"])
def test_region_is_recognised(name: str) -> None:
    assert is_region(name)


@pytest.mark.parametrize("name", ["us-east", "us-east-1a", "USEast1", "local", "xx-east-1"])
def test_other_words_are_no_region(name: str) -> None:
    assert not is_region(name)


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("arn:aws:lambda:eu-west-1:000000000000:function:worker", ["eu-west-1"]),
        ("arn:aws-cn:sqs:cn-north-1:000000000000:queue", ["cn-north-1"]),
        ("https://bedrock-runtime.us-west-2.amazonaws.com", ["us-west-2"]),
        ("https://id.lambda-url.us-west-2.on.aws/", ["us-west-2"]),
        ("wss://id.execute-api.ap-south-1.amazonaws.com/live", ["ap-south-1"]),
        ("000000000000.dkr.ecr.eu-west-1.amazonaws.com/agent@sha256:0", ["eu-west-1"]),
        ("https://bucket.s3-eu-west-1.amazonaws.com/key", ["eu-west-1"]),
        ("arn:aws:iam::000000000000:role/worker", []),
        ("arn:aws:s3:::bucket/us-east-1/key", []),
        ("arn:aws:logs:*:000000000000:*", []),
        ("https://example.com/us-east-1", []),
        ("http://127.0.0.1:4600/_aws/execute-api/id/live", []),
        ("arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-sonnet-4-6", []),
        ("arn:aws:acm:us-east-1:000000000000:certificate/id", []),
    ],
)
def test_regions_that_a_text_pins(text: str, regions: list[str]) -> None:
    assert [mention.region for mention in regions_named(text)] == regions


@pytest.mark.parametrize(
    ("text", "models"),
    [
        ("us.anthropic.claude-sonnet-4-6", [("us.anthropic.claude-sonnet-4-6", "us")]),
        ("us-gov.anthropic.claude-x", [("us-gov.anthropic.claude-x", "us-gov")]),
        ("arn:aws:bedrock:us-east-1:0:inference-profile/eu.amazon.nova-pro-v1:0", [("eu.amazon.nova-pro-v1:0", "eu")]),
        ("anthropic.claude-3-haiku-20240307-v1:0", []),
        ("us.cloud.langfuse.com", []),
        ("eu.amazon.com", []),
        ("bonus.anthropic.claude", []),
    ],
)
def test_models_that_a_text_names(text: str, models: list[tuple[str, str]]) -> None:
    assert list(models_named(text)) == models


@pytest.mark.parametrize(
    ("geography", "region", "callable_"),
    [
        ("us", "us-east-1", True),
        ("us", "ca-central-1", True),
        ("us", "us-gov-west-1", False),
        ("us", "eu-west-1", False),
        ("eu", "il-central-1", True),
        ("eu", "me-central-1", False),
        ("apac", "ap-south-1", True),
        ("apac", "me-central-1", True),
        ("apac", "me-south-1", False),
        ("apac", "ap-east-1", False),
        ("jp", "ap-northeast-1", True),
        ("jp", "ap-northeast-2", False),
        ("au", "ap-southeast-2", True),
        ("au", "ap-southeast-1", False),
        ("global", "sa-east-1", True),
        ("global", "cn-north-1", False),
    ],
)
def test_model_ids_belong_to_a_geography(geography: str, region: str, callable_: bool) -> None:
    assert is_callable_from(geography, region) is callable_


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("https://cloud.langfuse.com", [("cloud.langfuse.com", "eu")]),
        ("https://us.cloud.langfuse.com/api/public/otel", [("us.cloud.langfuse.com", "us")]),
        ("https://langfuse.example.com", []),
        ("https://mycloud.langfuse.com", []),
        ("https://cloud.langfuse.com.example.com", []),
    ],
)
def test_langfuses_clouds_are_on_continents(text: str, hosts: list[tuple[str, str]]) -> None:
    assert list(langfuse_hosts_named(text)) == hosts
