"""What an example of the SDK's documentation registers."""

import multiprocessing
from typing import Any

import pytest

from policies.generation.corpus.example_run import UNKNOWN, known, policy_document, run, unbound
from policies.rules.values import UNKNOWN_SENTINELS

EXAMPLE = """
import json
import pulumi_aws as aws

current = aws.get_caller_identity()
role = aws.iam.Role("role", assume_role_policy=json.dumps({"Statement": []}))
aws.lambda_.Function("worker",
    role=role.arn,
    handler=handler["name"],
    environment={"variables": {"ACCOUNT": current.account_id, "MODE": "fast"}})
"""


def registered(code: str) -> list[dict[str, Any]]:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(code, sender))
    process.start()
    sender.close()
    try:
        found: list[dict[str, Any]] = receiver.recv()
        return found
    finally:
        process.kill()
        process.join()
        process.close()
        receiver.close()


def test_example_is_recorded_as_a_preview_knows_it() -> None:
    found = {one["type"]: one["properties"] for one in registered(EXAMPLE)}

    assert found["aws:iam/role:Role"] == {"assumeRolePolicy": '{"Statement": []}'}
    assert found["aws:lambda/function:Function"]["environment"] == {"variables": {"ACCOUNT": UNKNOWN, "MODE": "fast"}}
    assert found["aws:lambda/function:Function"]["role"] in UNKNOWN_SENTINELS


def test_fragment_that_fails_registers_nothing() -> None:
    assert registered('import pulumi_aws as aws\naws.sqs.Queue("jobs")\nraise ValueError("a fragment")\n') == []


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import a.b as c\nc.d(e)", {"e"}),
        ("x = 1\nprint(x, y)", {"y"}),
        ("def f(a):\n    return a + b", {"b"}),
        ("[n for n in range(3)]", set()),
        ("f(lambda v: v + w)", {"f", "w"}),
    ],
)
def test_names_that_nobody_binds_are_given(code: str, names: set[str]) -> None:
    assert unbound(code) == names


def test_text_with_something_unknown_in_it_is_unknown() -> None:
    later = {"arns": ["arn:aws:s3:::told-by-the-deployment/*"], "name": "b"}

    assert known(later) == {"arns": [UNKNOWN], "name": "b"}


def test_policy_document_is_made_as_the_provider_makes_it() -> None:
    statement = {
        "sid": "Read",
        "actions": ["s3:GetObject"],
        "resources": ["*"],
        "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
        "conditions": [{"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1"]}],
    }

    assert policy_document({"statements": [statement]}) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": ["*"],
                "Principal": {"Service": ["lambda.amazonaws.com"]},
                "Condition": {"StringEquals": {"aws:SourceAccount": ["1"]}},
            }
        ],
    }
