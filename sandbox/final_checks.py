"""What shows only when a deployment stands: on AWS it would be met by the first user."""

import json
from fnmatch import fnmatchcase
from typing import Any

from sandbox.cloud import Cloud
from sandbox.errors import SandboxCode, SandboxError

_API_GATEWAY = "apigateway.amazonaws.com"


def refuse_unreachable(cloud: Cloud) -> None:
    """Raises SandboxError DEPLOYMENT_FAILED when an API leads to a function that it may not invoke."""
    for api in cloud.apigatewayv2.get_apis()["Items"]:
        for integration in cloud.apigatewayv2.get_integrations(ApiId=api["ApiId"])["Items"]:
            uri = integration.get("IntegrationUri", "")
            if "/functions/" in uri:
                _demand_permission(cloud, api["ApiId"], uri.split("/functions/")[1].removesuffix("/invocations"))


def _demand_permission(cloud: Cloud, api_id: str, function_arn: str) -> None:
    wanted = cloud.arn("execute-api", f"{api_id}/stage/$connect")
    if not any(_admits(statement, wanted) for statement in _statements(cloud, function_arn)):
        name = function_arn.rsplit(":", 1)[-1]
        raise SandboxError(
            SandboxCode.DEPLOYMENT_FAILED,
            f"API {api_id} leads to function {name} but may not invoke it, so every connection would fail; "
            "add an aws.lambda_.Permission with the API's execution ARN",
        )


def _statements(cloud: Cloud, function_arn: str) -> list[dict[str, Any]]:
    try:
        policy = cloud.lambda_.get_policy(FunctionName=function_arn)["Policy"]
    except cloud.lambda_.exceptions.ResourceNotFoundException:
        return []
    statements: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return statements


def _admits(statement: dict[str, Any], wanted: str) -> bool:
    principal = statement.get("Principal", {})
    service = principal.get("Service") if isinstance(principal, dict) else principal
    condition = statement.get("Condition", {})
    patterns = [value for test in condition.values() for name, value in test.items() if name.lower() == "aws:sourcearn"]
    return service in (_API_GATEWAY, "*") and all(fnmatchcase(wanted, pattern) for pattern in patterns)
