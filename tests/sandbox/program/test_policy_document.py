import json
from typing import Any

from sandbox.program.policy_document import policy_document


def document(**arguments: Any) -> Any:  # noqa: ANN401 JSON
    return json.loads(policy_document(arguments)["json"])


def test_a_statement_has_every_argument_and_single_values_alone() -> None:
    made = document(
        policyId="id",
        statements=[
            {
                "sid": "One",
                "effect": "Deny",
                "notActions": ["s3:Get*", "s3:List*"],
                "notResources": ["arn:aws:s3:::b"],
                "principals": [
                    {"type": "AWS", "identifiers": ["arn:aws:iam::1:root"]},
                    {"type": "AWS", "identifiers": ["arn:aws:iam::2:root"]},
                ],
                "conditions": [
                    {"test": "StringEquals", "variable": "aws:PrincipalOrgID", "values": ["o-1"]},
                    {"test": "StringEquals", "variable": "s3:prefix", "values": ["a", "b"]},
                ],
            },
            {"actions": ["s3:*"], "resources": ["*"], "principals": [{"type": "*", "identifiers": ["*"]}]},
        ],
    )

    assert made == {
        "Version": "2012-10-17",
        "Id": "id",
        "Statement": [
            {
                "Sid": "One",
                "Effect": "Deny",
                "NotAction": ["s3:Get*", "s3:List*"],
                "NotResource": "arn:aws:s3:::b",
                "Principal": {"AWS": ["arn:aws:iam::1:root", "arn:aws:iam::2:root"]},
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1", "s3:prefix": ["a", "b"]}},
            },
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"},
        ],
    }


def test_other_documents_are_joined_and_override_by_sid() -> None:
    source = {"Statement": {"Sid": "Keep", "Effect": "Allow", "Action": "a:b", "Resource": "*"}}
    override = {"Statement": [{"Sid": "Own", "Effect": "Deny", "Action": "c:d", "Resource": "*"}, {"Effect": "Deny"}]}

    made = document(
        version="2008-10-17",
        sourcePolicyDocuments=[json.dumps(source)],
        statements=[{"sid": "Own", "actions": ["c:d"], "resources": ["*"]}],
        overridePolicyDocuments=[json.dumps(override)],
    )

    assert made["Version"] == "2008-10-17"
    assert [(each.get("Sid"), each["Effect"]) for each in made["Statement"]] == [
        ("Keep", "Allow"),
        ("Own", "Deny"),
        (None, "Deny"),
    ]


def test_the_short_form_and_the_arguments_are_part_of_the_result() -> None:
    found = policy_document({"statements": [{"actions": ["a:b"], "resources": ["*"]}]})

    assert json.loads(found["minifiedJson"]) == json.loads(found["json"])
    assert " " not in found["minifiedJson"]
    assert found["statements"] == [{"actions": ["a:b"], "resources": ["*"]}]
