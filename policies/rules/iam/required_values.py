"""Rules about IAM that demand one value of one property."""

from typing import Final

from policies.rules.accepted_values import one_of
from policies.rules.required_value import RequiredValue, rules_of

ACCESS_KEY: Final = "aws:iam/accessKey:AccessKey"

RULES: Final = rules_of(
    RequiredValue(
        name="iam-no-access-keys",
        types=[ACCESS_KEY],
        property="status",
        accepts=one_of("Inactive"),
        value=lambda status: "a key of an IAM user that works" if status is None else repr(status),
        allowed="Inactive; roles, whose credentials end by themselves, for whoever works",
        why="A user's key works from anywhere until someone deletes it, and its secret stands in the stack's state",
        fix=lambda key: f"Remove '{key.name}' and let its bearer take a role",
        description="The stack makes no access keys of IAM users that work.",
        remediation="Use roles: execution roles in AWS, identity federation for people and CI.",
    ),
)
