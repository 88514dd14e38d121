"""Whom a policy on a resource lets in."""

from collections.abc import Mapping

import pytest

from policies.rules.resource_policy import SOURCE_KEYS, admits, is_public, label, narrowed_by, statements
from policies.rules.values import UNKNOWN

SERVICE = "events.amazonaws.com"
SEND = "sqs:SendMessage"


def allow(**elements: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": SEND, "Resource": "*", **elements}


@pytest.mark.parametrize(
    "elements",
    [
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["arn:aws:iam::123456789012:root", "*"]}},
        {"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}},
        {"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalArn": ["*"]}}},
        {"Principal": "*", "Condition": {"Null": {"aws:SourceArn": "false"}}},
    ],
)
def test_everybody_is_let_in(elements: Mapping[str, object]) -> None:
    assert is_public(allow(**elements))


@pytest.mark.parametrize(
    "elements",
    [
        {"Principal": {"Service": SERVICE}},
        {"Principal": {"AWS": "123456789012"}},
        {"Principal": "*", "Effect": "Deny"},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}},
        {"Principal": "*", "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1234567890/r/*"]}}},
        {"Principal": "*", "Condition": {"IpAddress": {"AWS:SourceIp": "203.0.113.0/24"}}},
        {"Principal": UNKNOWN},
        {"Principal": "*", "Condition": UNKNOWN},
        {"Principal": "*", "Condition": {"StringEquals": UNKNOWN}},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:SourceArn": UNKNOWN}}},
    ],
)
def test_not_everybody_is_let_in_as_far_as_it_is_known(elements: Mapping[str, object]) -> None:
    assert not is_public(allow(**elements))


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"Principal": {"Service": SERVICE}}, True),
        ({"Principal": {"Service": ["s3.amazonaws.com", SERVICE]}, "Action": ["sqs:*"]}, True),
        ({"Principal": "*", "Action": "SQS:sendmessage"}, True),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, False),
        ({"Principal": {"Service": SERVICE}, "Action": "sqs:ReceiveMessage"}, False),
        ({"Principal": {"Service": SERVICE}, "Effect": "Deny"}, False),
        ({"Principal": UNKNOWN}, None),
        ({"Principal": {"Service": SERVICE}, "Action": UNKNOWN}, None),
        ({"Principal": {"Service": {"not": "a name"}}}, False),
    ],
)
def test_service_is_admitted_to_an_action(elements: Mapping[str, object], expected: bool | None) -> None:
    assert admits(allow(**elements), SERVICE, SEND) is expected


def test_source_narrows_only_where_it_is_one() -> None:
    for_one = allow(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/*"}})
    for_all = allow(Condition={"ArnLike": {"aws:SourceArn": "*"}})

    assert narrowed_by(for_one, SOURCE_KEYS) is True
    assert narrowed_by(for_all, SOURCE_KEYS) is False
    assert narrowed_by(allow(), SOURCE_KEYS) is False


def test_statements_are_one_or_a_list() -> None:
    assert statements({"Statement": allow()}) == [allow()]
    assert statements({"Statement": [allow(), UNKNOWN, "text"]}) == [allow()]
    assert statements({"Statement": UNKNOWN}) == []
    assert statements(None) == []


def test_statement_is_named_by_its_id_or_place() -> None:
    assert label(allow(Sid="Send"), 0) == "statement 'Send'"
    assert label(allow(), 1) == "statement 2"
