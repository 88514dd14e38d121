"""What a role may do: True, False, or None where it cannot be told."""

import json

import pytest

from policies.rules.iam.statements.permissions import ATTACHMENT, Permissions
from policies.rules.iam.statements.policy import POLICY, ROLE, ROLE_POLICY
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack
from policies.rules.values import UNKNOWN

TABLE = Resource("aws:dynamodb/table:Table", "journal", "urn::journal", {"name": "journal"})
BUCKET = Resource("aws:s3/bucket:Bucket", "data", "urn::data", {"bucket": "data"})
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/journal"


def document(action: object, resource: object, effect: str = "Allow", **elements: object) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **elements}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def may(action: str, target: Resource | None, *policies: object, **properties: object) -> bool | None:
    role = Resource(ROLE, "role", "urn::role", {"name": "role", **properties})
    held = [
        Resource(ROLE_POLICY, f"p{number}", f"urn::p{number}", {"role": "role", "policy": policy})
        for number, policy in enumerate(policies)
    ]
    return Permissions.of(Index.of(Stack((role, TABLE, BUCKET, *held)))).may(role, action, target)


@pytest.mark.parametrize("action", ["dynamodb:Query", "dynamodb:query", "dynamodb:Q*", "dynamodb:*", "*"])
@pytest.mark.parametrize("resource", [ARN, f"{ARN}/index/*", [ARN, "arn:aws:s3:::data"], "*", ARN[:-3] + "*"])
def test_an_action_on_a_resource_is_allowed(action: str, resource: object) -> None:
    assert may("dynamodb:Query", TABLE, document(action, resource)) is True


@pytest.mark.parametrize(
    "policy",
    [
        document("dynamodb:GetItem", ARN),
        document("dynamodb:Query", "arn:aws:dynamodb:us-east-1:000000000000:table/messages"),
        document("dynamodb:Query", "arn:aws:dynamodb:us-east-1:000000000000:table/mess*"),
        document("dynamodb:Query", ARN, effect="Deny"),
    ],
)
def test_what_no_statement_allows_is_denied(policy: str) -> None:
    assert may("dynamodb:Query", TABLE, policy) is False


def test_a_service_stands_for_any_of_its_actions() -> None:
    assert may("dynamodb:*", TABLE, document("dynamodb:GetItem", ARN)) is True
    assert may("dynamodb:*", TABLE, document("s3:GetObject", "*")) is False


def test_objects_of_a_bucket_are_the_buckets() -> None:
    assert may("s3:GetObject", BUCKET, document("s3:GetObject", "arn:aws:s3:::data/runs/*")) is True
    assert may("s3:GetObject", BUCKET, document("s3:GetObject", "arn:aws:s3:::other/data/*")) is False


@pytest.mark.parametrize(
    "policy",
    [
        UNKNOWN,
        "{",
        document(UNKNOWN.value, ARN).replace('"unknown"', '"04da6b54-80e4-46f7-96ec-b56ff0331ba9"'),
        json.dumps({"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]}),
        json.dumps({"Statement": [{"Effect": "Allow", "Action": "dynamodb:Query", "NotResource": "arn:aws:s3:::a"}]}),
        document("s3:GetObject", ["arn:aws:s3:::data/" + "x" * 200_000]),
    ],
    ids=["not known", "malformed", "an action not known", "NotAction", "NotResource", "too long to weigh"],
)
def test_what_a_policy_says_cannot_always_be_reported(policy: object) -> None:
    assert may("dynamodb:Query", TABLE, policy) is None


def test_policies_of_a_role_count_together_wherever_they_stand() -> None:
    inline = [{"name": "own", "policy": document("dynamodb:Query", ARN)}]

    assert may("dynamodb:Query", TABLE, document("s3:GetObject", "*"), inlinePolicies=inline) is True
    assert may("dynamodb:Query", TABLE, inlinePolicies=UNKNOWN) is None
    assert may("dynamodb:Query", TABLE) is False


def test_of_awss_own_policies_some_are_known() -> None:
    known = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]

    assert may("logs:PutLogEvents", None, managedPolicyArns=known) is True
    assert may("dynamodb:Query", TABLE, managedPolicyArns=known) is False
    assert may("dynamodb:Query", TABLE, managedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]) is None


def test_a_managed_policy_of_the_stack_is_read() -> None:
    role = Resource(ROLE, "role", "urn::role", {"name": "role"})
    policy = Resource(POLICY, "shared", "urn::shared", {"name": "shared", "policy": document("dynamodb:Query", ARN)})
    attached = Resource(
        ATTACHMENT,
        "attached",
        "urn::attached",
        {"role": "role", "policyArn": UNKNOWN},
        dependencies={"policyArn": (policy.urn,)},
    )
    permissions = Permissions.of(Index.of(Stack((role, policy, attached, TABLE))))

    assert permissions.may(role, "dynamodb:Query", TABLE) is True
    assert permissions.may(role, "dynamodb:PutItem", TABLE) is False


def test_a_policy_of_nobody_knows_whom_may_be_the_roles() -> None:
    role = Resource(ROLE, "role", "urn::role", {"name": "role"})
    adrift = Resource(ROLE_POLICY, "p", "urn::p", {"role": UNKNOWN, "policy": document("s3:GetObject", "*")})

    assert Permissions.of(Index.of(Stack((role, adrift, TABLE)))).may(role, "dynamodb:Query", TABLE) is None
