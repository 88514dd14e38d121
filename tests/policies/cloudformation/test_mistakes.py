"""Mistakes as people make them, by the published source that catches each."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.catalogue import HAND_WRITTEN
from policies.check import findings as check_findings
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.cloudformation.stacks import REGION, function, places, prepare, resource
from tests.policies.harness import blanked
from tests.policies.harness import places as properties_of

MISTAKES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("mistakes.json").read_text())
ROUTED = resource("aws:apigatewayv2/api:Api", {"protocolType": "HTTP"}, "api")
OF_THE_API = {"apiId": (ROUTED.urn,)}
VERSION = json.dumps(
    {"Version": "2012-10-7", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
)

HAND_WRITTEN_TOO: dict[str, tuple[str, str, list[Resource]]] = {
    "zip without handler": ("lambda-function-package-complete", "handler", [function(handler=None)]),
    "policy of a version that there is not": (
        "iam-policy-version",
        "policy.Version",
        [resource("aws:iam/policy:Policy", {"policy": VERSION})],
    ),
    "route key in small letters": (
        "api-gateway-route-key",
        "routeKey",
        [ROUTED, resource("aws:apigatewayv2/route:Route", {"apiId": "a", "routeKey": "get /x"}, "route", OF_THE_API)],
    ),
    "integration that may take a minute": (
        "api-gateway-integration-timeout",
        "timeoutMilliseconds",
        [
            ROUTED,
            resource(
                "aws:apigatewayv2/integration:Integration",
                {"apiId": "a", "integrationType": "HTTP_PROXY", "timeoutMilliseconds": 60000},
                "integration",
                OF_THE_API,
            ),
        ],
    ),
}


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    prepare([mistake["type"] for mistake in MISTAKES.values()])


@pytest.mark.parametrize("title", MISTAKES)
def test_mistake_is_caught_at_its_property_by_its_source(title: str) -> None:
    mistake = MISTAKES[title]

    found = places([resource(mistake["type"], mistake["properties"])])

    assert sorted(found) == sorted(tuple(finding) for finding in mistake["findings"])


@pytest.mark.parametrize("title", HAND_WRITTEN_TOO)
def test_rule_of_the_project_says_it_first(title: str) -> None:
    name, prop, resources = HAND_WRITTEN_TOO[title]
    (rule,) = [each for each in HAND_WRITTEN if each.name == name]
    stack = Stack(tuple(resources), REGION)

    assert prop in [finding.property for _, finding in check_findings(rule, stack)]
    assert [place for _, _, place in places(resources, [rule]) if place == prop] == []


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_making_values_unknown_never_adds_a_finding(data: st.DataObject) -> None:
    mistake = MISTAKES[data.draw(st.sampled_from(sorted(MISTAKES)))]
    known = [place for place in properties_of(mistake["properties"]) if place]
    chosen = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=4, unique=True))
    unknown = blanked(mistake["properties"], {place: min(UNKNOWN_SENTINELS) for place in chosen})
    assert isinstance(unknown, dict)

    before = {prop for _, _, prop in places([resource(mistake["type"], mistake["properties"])])}
    after = {prop for _, _, prop in places([resource(mistake["type"], unknown)])}

    assert after <= before
