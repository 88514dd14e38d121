"""Findings about a role that lacks a permission."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.rule import Resource

_ROLES: Final = ("role", "roleArn")


def lacking(permissions: Permissions, role: Resource, actions: Iterable[str], target: Resource | None) -> list[str]:
    """The actions that the role certainly may not do with the target."""
    return [action for action in actions if permissions.may(role, action, target) is False]


def denied_finding(path: str, role: Resource, actions: Iterable[str], on: str, why: str) -> Finding:
    """`path` is the property of the resource that the role is for, `on` names what the actions are about."""
    needed = ", ".join(actions)
    bearer = f"'{role.name}'" if path in _ROLES else f"beyond the role '{role.name}'"
    return Finding(
        property=path,
        value=f"{bearer}, which lacks {needed} on {on}",
        allowed=f"a role with {needed} on {on}",
        why=why,
        fix=f"Allow {needed} to the role '{role.name}'",
    )
