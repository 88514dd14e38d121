"""Checks that need a complete deployment; on AWS the first user would meet these problems."""

from sandbox.cloud.cloud import Cloud
from sandbox.errors import SandboxCode, SandboxError
from sandbox.resource_handlers.checks.resource_policies import function_allows

_API_GATEWAY = "apigateway.amazonaws.com"


def validate_reachability(cloud: Cloud) -> None:
    """Raises SandboxError DEPLOYMENT_FAILED when an API leads to a function that it may not invoke."""
    for api in cloud.apigatewayv2.get_apis()["Items"]:
        for integration in cloud.apigatewayv2.get_integrations(ApiId=api["ApiId"])["Items"]:
            uri = integration.get("IntegrationUri", "")
            if "/functions/" in uri:
                _demand_permission(cloud, api["ApiId"], uri.split("/functions/")[1].removesuffix("/invocations"))


def _demand_permission(cloud: Cloud, api_id: str, function_arn: str) -> None:
    wanted = cloud.arn("execute-api", f"{api_id}/stage/$connect")
    if not function_allows(cloud, function_arn, _API_GATEWAY, wanted):
        name = function_arn.rsplit(":", 1)[-1]
        raise SandboxError(
            SandboxCode.DEPLOYMENT_FAILED,
            f"API {api_id} leads to function {name} but may not invoke it, so every connection would fail; "
            "add an aws.lambda_.Permission with the API's execution ARN",
        )
