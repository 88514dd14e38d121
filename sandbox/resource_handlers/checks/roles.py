"""The permissions of roles. The emulator ignores them, but AWS checks them for functions, destinations and sources."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import ValidationError
from sandbox.program.registration import Value


def require_trust(cloud: Cloud, role_arn: str, service: str) -> None:
    """Raises ValidationError unless the service may assume the role."""
    role = cloud.iam.get_role(RoleName=_name(role_arn))["Role"]
    document = _document(role["AssumeRolePolicyDocument"])
    for statement in document["Statement"]:
        principal = statement.get("Principal", {})
        services = _listed(principal.get("Service", []) if isinstance(principal, dict) else principal)
        if statement["Effect"] == "Allow" and (service in services or "*" in services):
            return
    raise ValidationError(f"role {role['RoleName']} cannot be assumed by {service}; add it to assumeRolePolicy")


def require_permission(cloud: Cloud, function: str, action: str, resource: str) -> None:
    """Raises ValidationError unless the function's role allows the action on the resource; ignores conditions."""
    role = cloud.lambda_.get_function_configuration(FunctionName=function)["Role"]
    require_allowed(cloud, role, [action], resource, " of the function")


def require_allowed(cloud: Cloud, role_arn: str, actions: Sequence[str], resource: str, whose: str = "") -> None:
    """Raises ValidationError unless the role allows all actions on the resource; ignores conditions."""
    name = _name(role_arn)
    allowed = [
        statement
        for document in _documents(cloud, name)
        for statement in _listed(document["Statement"])
        if statement["Effect"] == "Allow"
    ]
    for action in actions:
        if not any(_covers(statement, action, resource) for statement in allowed):
            raise ValidationError(f"role {name}{whose} does not allow {action} on {resource}")


def _documents(cloud: Cloud, role: str) -> list[dict[str, Any]]:
    names = cloud.iam.list_role_policies(RoleName=role)["PolicyNames"]
    inline = [cloud.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    attached = cloud.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    arns = [policy["PolicyArn"] for policy in attached]
    managed = [
        cloud.iam.get_policy_version(
            PolicyArn=arn, VersionId=cloud.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        )["PolicyVersion"]["Document"]
        for arn in arns
    ]
    return [_document(document) for document in (*inline, *managed)]


def _covers(statement: dict[str, Any], action: str, resource: str) -> bool:
    actions, resources = _listed(statement.get("Action", [])), _listed(statement.get("Resource", []))
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in actions) and any(
        fnmatchcase(resource, pattern) for pattern in resources
    )


def _document(document: Value) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(unquote(document)) if isinstance(document, str) else document
    return loaded


def _listed(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(role_arn: str) -> str:
    return role_arn.rsplit("/", 1)[-1]
