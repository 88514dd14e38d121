"""Keys that never end."""

from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, lookup

ACCESS_KEY: Final = "aws:iam/accessKey:AccessKey"


def _check(key: Resource) -> Iterator[Finding]:
    status = lookup(key.properties, "status")
    if status in ("Inactive", UNKNOWN):
        return
    yield Finding(
        property="status",
        value="a key of an IAM user that works" if status is None else repr(status),
        allowed="Inactive; roles, whose credentials end by themselves, for whoever works",
        why="A user's key works from anywhere until somebody deletes it, and its secret stands in the stack's state",
        fix=f"Remove '{key.name}' and let its bearer take a role",
    )


RULE = ResourceRule(
    name="iam-no-access-keys",
    description="The stack makes no access keys of IAM users that work.",
    remediation="Use roles: execution roles in AWS, identity federation for people and CI.",
    types=frozenset({ACCESS_KEY}),
    check=_check,
)
