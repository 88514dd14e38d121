"""ARNs as the recorder plans them: AWS's form for each type, and the stack's own for the rules."""

import string

import pytest

from policies.catalogue import HAND_WRITTEN
from policies.check import Registration, evaluate
from policies.cloudformation.mapping import resource_map
from policies.rules.stack.references.kinds import KINDS, mentions
from sandbox.program.planned_arns import arn_form, in_words, owner_of

NAME = "orders-0123abc"
RULES = [rule for rule in HAND_WRITTEN if rule.name.startswith("stack-references-")]
TYPES = sorted(token for token in resource_map().types if token.startswith("aws:") and "/" in token)


def planned(token: str, owner: str = "shop", partition: str = "aws") -> str:
    service, kind = token.split(":")[1].split("/")
    values = {"partition": partition, "region": "us-east-1", "account": "000000000000", "name": NAME}
    return string.Template(arn_form(service, kind)).substitute(values, kind=in_words(kind), owner=owner)


def registered(token: str, name: str, properties: dict[str, object], *, made_from: str = "") -> Registration:
    return {
        "type": token,
        "name": name,
        "urn": f"urn:pulumi:dev::shop::{token}::{name}",
        "parent": None,
        "properties": properties,
        "dependencies": {"targetArn": [made_from]} if made_from else {},
    }


@pytest.mark.parametrize(
    ("token", "arn"),
    [
        ("aws:sns/topic:Topic", f"arn:aws:sns:us-east-1:000000000000:{NAME}"),
        ("aws:ecs/cluster:Cluster", f"arn:aws:ecs:us-east-1:000000000000:cluster/{NAME}"),
        ("aws:ecs/service:Service", f"arn:aws:ecs:us-east-1:000000000000:service/shop/{NAME}"),
        ("aws:ecs/taskDefinition:TaskDefinition", f"arn:aws:ecs:us-east-1:000000000000:task-definition/{NAME}:1"),
        (
            "aws:lb/loadBalancer:LoadBalancer",
            f"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/{NAME}/50dc6c495c0c9188",
        ),
        (
            "aws:alb/targetGroup:TargetGroup",
            f"arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/{NAME}/73e2d6bc24d8a067",
        ),
        ("aws:sqs/queue:Queue", f"arn:aws:sqs:us-east-1:000000000000:{NAME}"),
        ("aws:dynamodb/table:Table", f"arn:aws:dynamodb:us-east-1:000000000000:table/{NAME}"),
        ("aws:secretsmanager/secret:Secret", f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{NAME}-AbCdEf"),
        ("aws:iam/instanceProfile:InstanceProfile", f"arn:aws:iam::000000000000:instance-profile/{NAME}"),
        ("aws:kinesis/stream:Stream", f"arn:aws:kinesis:us-east-1:000000000000:stream/{NAME}"),
        ("aws:lambda/alias:Alias", f"arn:aws:lambda:us-east-1:000000000000:function:shop:{NAME}"),
        ("aws:rds/cluster:Cluster", f"arn:aws:rds:us-east-1:000000000000:cluster:{NAME}"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{NAME}"),
        ("aws:s3/bucket:Bucket", f"arn:aws:s3:::{NAME}"),
    ],
)
def test_arn_has_the_form_that_aws_gives_to_the_type(token: str, arn: str) -> None:
    assert planned(token) == arn


def test_arn_is_of_the_partition() -> None:
    assert planned("aws:sns/topic:Topic", partition="aws-cn").startswith("arn:aws-cn:sns:")


@pytest.mark.parametrize(
    ("inputs", "owner"),
    [
        ({"cluster": "arn:aws:ecs:us-east-1:000000000000:cluster/shop"}, "shop"),
        ({"functionName": "arn:aws:lambda:us-east-1:000000000000:function:worker"}, "worker"),
        ({"functionName": "worker"}, "worker"),
        ({"functionName": None}, ""),
        ({}, ""),
    ],
)
def test_owner_is_the_name_of_what_the_resource_belongs_to(inputs: dict[str, object], owner: str) -> None:
    assert owner_of(inputs) == owner


def test_planned_arn_of_any_type_is_recognized_as_the_stacks_own() -> None:
    for token in TYPES:
        source = registered(token, "orders", {})
        given: dict[str, object] = {"targetArn": planned(token, owner=NAME)}
        user = registered("aws:sns/topicSubscription:TopicSubscription", "user", given, made_from=source["urn"])

        assert [each.message for each in evaluate([source, user], "us-east-1", RULES)] == [], token


def test_planned_arn_of_each_kind_that_rules_look_for_is_found_by_its_text_alone() -> None:
    """A document that is made by json.dumps has no dependencies of its own where the caller reports none."""
    for token in [token for kind in KINDS for token in kind.types if "agentcore" not in token]:
        source, arn = registered(token, "orders", {}), planned(token)
        user = registered("aws:sns/topicSubscription:TopicSubscription", "user", {"targetArn": arn})

        assert [mention.name for mention in mentions(arn)], token
        assert [each.message for each in evaluate([source, user], "us-east-1", RULES)] == [], token
        assert [each.rule for each in evaluate([user], "us-east-1", RULES)] == ["stack-references-outside"], token
