"""Whether a published finding depends on what another resource, known in part only, would add."""

from collections.abc import Mapping
from typing import Any

import pytest

from policies.cloudformation.completeness import without
from policies.cloudformation.judge import Judge
from policies.cloudformation.preflight import read_rules
from policies.cloudformation.presence import Library
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN_SENTINELS
from tests.policies.cloudformation.stacks import findings_of, prepare, resource

UNKNOWN = min(UNKNOWN_SENTINELS)
TASK, SERVICE = "aws:ecs/taskDefinition:TaskDefinition", "aws:ecs/service:Service"
TASK_SET = "aws:ecs/taskSet:TaskSet"
CONTAINERS = '[{"name": "web", "image": "nginx:1.29", "memory": 256, "portMappings": [{"containerPort": 80}]}]'


@pytest.fixture(scope="module")
def judge() -> Judge:
    return prepare([TASK, SERVICE, TASK_SET, "aws:apigatewayv2/api:Api", "aws:apigatewayv2/route:Route"], Judge())


def task(**changes: object) -> Resource:
    return resource(TASK, {"family": "web", "containerDefinitions": CONTAINERS, **changes}, "task")


def service(**changes: object) -> Resource:
    balanced = {"containerName": "web", "containerPort": 80, "targetGroupArn": "arn:aws:elasticloadbalancing:a"}
    given = {"taskDefinition": UNKNOWN, "desiredCount": 2, "loadBalancers": [balanced], **changes}
    return resource(SERVICE, given, "service", {"taskDefinition": (task().urn,)})


def balancer(name: str, port: int) -> list[Mapping[str, object]]:
    return [{"containerName": name, "containerPort": port, "targetGroupArn": "arn:aws:elasticloadbalancing:a"}]


CONNECT = {"enabled": True, "namespace": "shop", "services": [{"portName": "missing"}]}
MISTAKES: dict[str, tuple[str, dict[str, Any]]] = {
    "container": ("pf-ecs-svc-lb-container-name-missing", {"loadBalancers": balancer("other", 80)}),
    "port": ("pf-ecs-svc-lb-container-port-missing", {"loadBalancers": balancer("web", 81)}),
    "port name": ("pf-ecs-svc-connect-port-name-missing", {"serviceConnectConfiguration": CONNECT}),
}


@pytest.mark.parametrize("title", MISTAKES)
def test_mistake_against_a_resource_that_is_known_is_found(judge: Judge, title: str) -> None:
    source, changes = MISTAKES[title]

    found = findings_of([task(), service(**changes)], judge)

    assert [(finding.source, of.name) for finding, of in found] == [(source, "service")]


@pytest.mark.parametrize("title", [*MISTAKES, "nothing"])
@pytest.mark.parametrize(
    "unknown", [{"containerDefinitions": UNKNOWN}, {"containerDefinitions": UNKNOWN, "family": UNKNOWN}], ids=str
)
def test_nothing_is_missing_in_a_resource_that_is_not_known(
    judge: Judge, title: str, unknown: dict[str, object]
) -> None:
    changes = MISTAKES[title][1] if title in MISTAKES else {}

    assert findings_of([task(**unknown), service(**changes)], judge) == []


def test_finding_of_one_resource_holds_whatever_is_unknown_of_another(judge: Judge) -> None:
    daemon = service(schedulingStrategy="DAEMON", desiredCount=None, orderedPlacementStrategies=[{"type": "random"}])

    known = {finding.source for finding, _ in findings_of([task(), daemon], judge)}
    unknown = {finding.source for finding, _ in findings_of([task(containerDefinitions=UNKNOWN), daemon], judge)}

    assert known == unknown
    assert "pf-ecs-svc-daemon-with-placement-strategies" in known


def test_route_of_an_api_of_unknown_protocol_is_not_judged_by_another_protocol(judge: Judge) -> None:
    def stack(protocol: str) -> list[Resource]:
        api = resource("aws:apigatewayv2/api:Api", {"protocolType": protocol, "name": "chat"}, "api")
        given = {"apiId": UNKNOWN, "routeKey": "sendMessage"}
        return [api, resource("aws:apigatewayv2/route:Route", given, "route", {"apiId": (api.urn,)})]

    assert [of.name for _, of in findings_of(stack("HTTP"), judge)] == ["route"]
    assert findings_of(stack(UNKNOWN), judge) == []


def test_resources_that_are_left_out_leave_parameters_in_their_place() -> None:
    template = {
        "Resources": {
            "Kept": {
                "Type": "A",
                "Properties": {"One": {"Ref": "Gone"}, "Many": [{"Fn::GetAtt": ["Gone", "Arn"]}, "b"]},
            },
            "Gone": {"Type": "B", "Properties": {}},
            "Other": {"Type": "C", "Properties": {"Kept": {"Ref": "Kept"}}},
        },
        "Parameters": {"Unknown1": {"Type": "String"}},
    }

    reduced = without(template, {"Gone"})

    assert reduced["Resources"] == {
        "Kept": {"Type": "A", "Properties": {"One": {"Ref": "Unknown2"}, "Many": [{"Ref": "Unknown3"}, "b"]}},
        "Other": {"Type": "C", "Properties": {"Kept": {"Ref": "Kept"}}},
    }
    assert set(reduced["Parameters"]) == {"Unknown1", "Unknown2", "Unknown3"}


def test_types_that_a_rule_goes_through_are_read_from_its_source_and_from_what_it_calls() -> None:
    base = read_rules()
    library = Library(base.library)
    listed = {rule.id: library.listed_types(rule.source) for rule in base.rules}

    # Its source names no other type; the function that it calls goes through all entry points of the interface.
    assert "AWS::EFS::MountTarget" in listed["pf-lambda-efs-mount-target-every-az"]
    assert listed["pf-ecs-svc-daemon-with-placement-strategies"] == {"AWS::ECS::Service"}
    assert all(types or "resources_of_type" not in base.rules[at].source for at, types in enumerate(listed.values()))
