"""Bedrock AgentCore: runtimes from code, and their endpoints."""

import time
from collections.abc import Callable
from typing import Any, Final

from sandbox.agent_lifecycle import limits_problem, session_limits
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created
from sandbox.resource_handlers.checks.agent_code import validate_code
from sandbox.resource_handlers.checks.roles import require_trust
from sandbox.resource_handlers.ec2 import require_network

NO_ID: Final = "missing ID"
"""The provider's id of both resource types, by which they cannot be looked up."""

READY_WITHIN: Final = 30.0
"""Seconds; the emulator takes almost none."""


def agent_runtime(request: Request) -> Created:
    request.skip("timeouts")
    cloud = request.cloud
    lifecycle = session_limits((request.get("lifecycleConfigurations") or [{}])[0])
    if problem := limits_problem(lifecycle):
        raise ValidationError(problem)
    require_trust(cloud, request.need("roleArn"), "bedrock-agentcore.amazonaws.com")
    settings: dict[str, Any] = {
        "agentRuntimeName": request.need("agentRuntimeName"),
        "agentRuntimeArtifact": {"codeConfiguration": _code(request)},
        "roleArn": request.need("roleArn"),
        "networkConfiguration": _network(request),
        "protocolConfiguration": {"serverProtocol": _protocol(request)},
        "lifecycleConfiguration": lifecycle,
        "environmentVariables": request.get("environmentVariables", {}),
        "tags": request.tags(),
    }
    if description := request.get("description"):
        settings["description"] = description
    if allowed := (request.get("requestHeaderConfiguration") or {}).get("requestHeaderAllowlists"):
        settings["requestHeaderConfiguration"] = {"requestHeaderAllowlist": allowed}
    made = cloud.agentcore.create_agent_runtime(**settings)
    runtime = made["agentRuntimeId"]
    _await_ready(lambda: cloud.agentcore.get_agent_runtime(agentRuntimeId=runtime))
    attributes = {
        "agentRuntimeArn": made["agentRuntimeArn"],
        "agentRuntimeId": runtime,
        "agentRuntimeVersion": made["agentRuntimeVersion"],
        "lifecycleConfigurations": [lifecycle],
        "platformVersion": request.get("platformVersion", "V1"),
        "workloadIdentityDetails": [made["workloadIdentityDetails"]],
    }
    return Created(NO_ID, attributes)


def agent_runtime_endpoint(request: Request) -> Created:
    request.skip("timeouts")
    cloud = request.cloud
    runtime, name = request.need("agentRuntimeId"), request.need("name")
    newest = cloud.agentcore.get_agent_runtime(agentRuntimeId=runtime)["agentRuntimeVersion"]
    version = request.get("agentRuntimeVersion", newest)
    settings: dict[str, Any] = {
        "agentRuntimeId": runtime,
        "name": name,
        "agentRuntimeVersion": version,
        "tags": request.tags(),
    }
    if description := request.get("description"):
        settings["description"] = description
    made = cloud.agentcore.create_agent_runtime_endpoint(**settings)
    _await_ready(lambda: cloud.agentcore.get_agent_runtime_endpoint(agentRuntimeId=runtime, endpointName=name))
    cloud.prepare_runtime(made["agentRuntimeArn"], name)
    attributes = {
        "agentRuntimeArn": made["agentRuntimeArn"],
        "agentRuntimeEndpointArn": made["agentRuntimeEndpointArn"],
        "agentRuntimeVersion": version,
        "name": name,
    }
    return Created(NO_ID, attributes)


def _code(request: Request) -> dict[str, Any]:
    """Returns the artifact in the API's format. Raises ValidationError unless the code is in the bucket."""
    code = (request.need("agentRuntimeArtifact") or {}).get("codeConfiguration")
    if not code:
        raise ValidationError("agentRuntimeArtifact has no codeConfiguration; images do not run without Docker")
    place = {key: value for key, value in ((code.get("code") or {}).get("s3") or {}).items() if value is not None}
    if not {"bucket", "prefix"} <= place.keys():
        raise ValidationError("agentRuntimeArtifact names no object; set bucket and prefix of code.s3")
    validate_code(request, place["bucket"], place["prefix"], code["entryPoints"], code["runtime"])
    return {"code": {"s3": place}, "runtime": code["runtime"], "entryPoint": code["entryPoints"]}


def _protocol(request: Request) -> str:
    return str((request.get("protocolConfiguration") or {}).get("serverProtocol") or "HTTP")


def _network(request: Request) -> dict[str, Any]:
    asked = request.need("networkConfiguration")
    mode, inside = asked["networkMode"], asked.get("networkModeConfig")
    if (mode == "VPC") != bool(inside):
        raise ValidationError(f"networkMode is {mode}; networkModeConfig is required for VPC and not allowed otherwise")
    if not inside:
        return {"networkMode": mode}
    require_network(request, inside["subnets"], inside["securityGroups"])
    return {
        "networkMode": mode,
        "networkModeConfig": {key: value for key, value in inside.items() if value is not None},
    }


def _await_ready(ask: Callable[[], Any]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while (found := ask())["status"] != "READY":
        if found["status"].endswith("FAILED") or time.monotonic() > deadline:
            reason = found.get("failureReason", "no reason given")
            raise ValidationError(f"its status is {found['status']} instead of READY ({reason})")
        time.sleep(0.05)
