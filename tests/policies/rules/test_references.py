"""Which resource a property names: True, False, or None where it cannot be told."""

import pytest

from policies.rules.references import companions, names, referred, refers
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN

QUEUE = "aws:sqs/queue:Queue"
POLICY = "aws:sqs/queuePolicy:QueuePolicy"


def resource(
    kind: str, logical: str, dependencies: dict[str, tuple[str, ...]] | None = None, /, **given: object
) -> Resource:
    return Resource(kind, logical, f"urn:{logical}", given, dependencies=dependencies or {})


@pytest.mark.parametrize(
    "value",
    [
        "failed-1a2b3c4",
        "arn:aws:sqs:us-east-1:123456789012:failed-1a2b3c4",
        "https://sqs.us-east-1.amazonaws.com/123456789012/failed-1a2b3c4",
    ],
)
@pytest.mark.parametrize("given", [{"name": "failed-1a2b3c4"}, {}, {"namePrefix": "failed"}])
def test_name_arn_and_url_name_a_queue_also_where_pulumi_makes_the_name(value: str, given: dict[str, str]) -> None:
    assert names(value, resource(QUEUE, "failed", **given)) is True


@pytest.mark.parametrize("value", ["failed", "failed-1a2b3c4-more", "unfailed-1a2b3c4", "failed-zzzzzzz"])
def test_similar_names_are_others(value: str) -> None:
    assert names(value, resource(QUEUE, "failed")) is False


@pytest.mark.parametrize(
    ("value", "given"),
    [
        ("arn:aws:dynamodb:us-east-1:123456789012:table/journal/stream/2026-11-01T00:00:00.000", "journal"),
        ("table/journal", "journal"),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/runs:*", "/aws/vendedlogs/states/runs"),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:longrun/key-AbCdEf", "longrun/key"),
    ],
)
def test_names_are_found_inside_arns(value: str, given: str) -> None:
    assert names(value, resource("any", "one", name=given)) is True


def test_name_that_is_not_known_cannot_be_reported() -> None:
    assert names("failed", resource(QUEUE, "failed", name=UNKNOWN)) is None


def test_known_name_decides_while_the_arn_is_not_known() -> None:
    assert names("other", resource(QUEUE, "failed", name="failed", arn=UNKNOWN)) is False


def test_dependencies_tell_what_an_unknown_value_will_name() -> None:
    failed, other = resource(QUEUE, "failed"), resource(QUEUE, "other")
    policy = resource(POLICY, "policy", {"queueUrl": (failed.urn,)}, queueUrl=UNKNOWN)

    assert refers(policy, "queueUrl", UNKNOWN, failed) is True
    assert refers(policy, "queueUrl", UNKNOWN, other) is False


def test_unknown_value_without_dependencies_may_name_anything() -> None:
    policy, failed = resource(POLICY, "policy", queueUrl=UNKNOWN), resource(QUEUE, "failed")
    found = companions(Stack((policy, failed)), (POLICY,), "queueUrl", failed)

    assert refers(policy, "queueUrl", UNKNOWN, failed) is None
    assert not found.known
    assert found.uncertain
    assert not found.missing


def test_companions_are_those_of_the_target_alone() -> None:
    failed, other = resource(QUEUE, "failed", name="failed"), resource(QUEUE, "other", name="other")
    policy = resource(POLICY, "policy", queueUrl="https://sqs.us-east-1.amazonaws.com/123456789012/failed")
    stack = Stack((failed, other, policy))

    assert companions(stack, (POLICY,), "queueUrl", failed).known == (policy,)
    assert companions(stack, (POLICY,), "queueUrl", other).missing


def test_what_two_resources_may_be_is_none_of_them() -> None:
    twins = [resource(QUEUE, name, name="failed") for name in ("one", "two")]
    policy = resource(POLICY, "policy", queueUrl="failed")

    assert referred(policy, "queueUrl", "failed", twins) is None
    assert referred(policy, "queueUrl", "failed", twins[:1]) is twins[0]
