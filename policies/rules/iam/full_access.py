"""Managed policies that give everything."""

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import ROLE
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup, members

ATTACHMENTS: Final = frozenset(
    {
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
        "aws:iam/policyAttachment:PolicyAttachment",
    }
)
_ATTACHED: Final = frozenset(
    {
        "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
        "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
    }
)
_FULL: Final = re.compile(
    r"arn:[a-z-]+:iam::aws:policy/(?:[\w-]+/)*(?P<name>AdministratorAccess[\w-]*|PowerUserAccess|SystemAdministrator|\w*FullAccess[\w-]*)"
)


def _check(resource: Resource) -> Iterator[Finding]:
    if resource.type in ATTACHMENTS:
        yield from _findings("policyArn", lookup(resource.properties, "policyArn"))
        return
    prop = "managedPolicyArns" if resource.type == ROLE else "policyArns"
    for index, arn in enumerate(members(resource.properties, prop)):
        yield from _findings(f"{prop}[{index}]", arn)


def _findings(path: str, arn: object) -> Iterator[Finding]:
    match = _FULL.fullmatch(arn) if isinstance(arn, str) else None
    if match is not None:
        yield Finding(
            property=path,
            value=match["name"],
            allowed="a policy with the actions and resources that the code works with",
            why="It reaches all data of the account, and an agent's tools act with the same role",
            fix="Write a policy of the actions that are called, or state the reason in an exception",
        )


RULE = ResourceRule(
    name="iam-no-full-access-policy",
    description="No role, user or group has a managed policy that gives full access.",
    remediation="Attach a policy of the actions and ARNs that are used instead of AdministratorAccess or …FullAccess.",
    types=frozenset({ROLE, *ATTACHMENTS, *_ATTACHED}),
    check=_check,
)
