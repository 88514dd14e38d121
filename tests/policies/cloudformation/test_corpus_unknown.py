"""The SDK's examples with values that are not known yet: nothing is found that was not found before."""

from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.cloudformation.judge import Judge
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.cloudformation.stacks import findings_of, prepare, resource
from tests.policies.cloudformation.test_corpus import corpus
from tests.policies.harness import blanked, places

SERVICES = (
    "aws:apigatewayv2/", "aws:batch/", "aws:bedrock/", "aws:cloudwatch/", "aws:dynamodb/", "aws:ecr/", "aws:ecs/",
    "aws:iam/", "aws:kms/", "aws:lambda/", "aws:opensearch/", "aws:pipes/", "aws:s3/", "aws:scheduler/",
    "aws:secretsmanager/", "aws:sfn/", "aws:sns/", "aws:sqs/", "aws:ssm/",
)  # fmt: skip

Registered = list[dict[str, Any]]


@cache
def examples() -> list[Registered]:
    return [found for _, found in corpus() if all(one["type"].startswith(SERVICES) for one in found)]


@cache
def judge() -> Judge:
    return prepare([one["type"] for found in examples() for one in found], Judge(), region=None)


def found_in(registered: Registered) -> set[tuple[str, str]]:
    resources = [resource(one["type"], one["properties"], f"{one['name']}-{at}") for at, one in enumerate(registered)]
    return {(of.urn, finding.property) for finding, of in findings_of(resources, judge())}


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_making_values_unknown_never_adds_a_finding(data: st.DataObject) -> None:
    registered = data.draw(st.sampled_from(examples()))
    every = [(at, place) for at, one in enumerate(registered) for place in places(one["properties"]) if place]
    chosen = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=4, unique=True)) if every else []
    unknown = [
        {**one, "properties": blanked(one["properties"], {place: mark for of, place in chosen if of == at})}
        for mark in [data.draw(st.sampled_from(sorted(UNKNOWN_SENTINELS)))]
        for at, one in enumerate(registered)
    ]

    assert found_in(unknown) <= found_in(registered)
