"""A workspace for trying the streaming endpoint, with a new secret for each sandbox. Stacks on AWS have none."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sandbox.cloud.cloud import Cloud
from sandbox.errors import SandboxCode, SandboxError

WORKSPACE_ID: Final = "demo"
_NEEDED: Final = ("stream_url", "gateway_function", "agents")
"""Outputs of a stack that has the streaming endpoint."""


def create_demo_workspace(cloud: Cloud, outputs: Mapping[str, Any]) -> dict[str, str]:
    """Create the workspace as `longrun workspace create` does. Returns the stack's further outputs: `demo_workspace`,
    `demo_agent`, the stack's first one, and `demo_secret`; nothing for a stack without the endpoint. Raises
    SandboxError."""
    if not all(outputs.get(name) for name in _NEEDED):
        return {}
    agent = str(outputs["agents"][0])
    asked = {"workspace": {"action": "create", "workspace_id": WORKSPACE_ID, "agent": agent}}
    answer = cloud.lambda_.invoke(FunctionName=outputs["gateway_function"], Payload=json.dumps(asked).encode())
    reply = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" in answer or "secret" not in reply:
        reason = reply.get("error") or reply.get("errorMessage") or "it gave no reason"
        message = f"the demo workspace could not be created by function {outputs['gateway_function']}: {reason}"
        raise SandboxError(SandboxCode.DEPLOYMENT_FAILED, message)
    return {"demo_workspace": WORKSPACE_ID, "demo_agent": agent, "demo_secret": str(reply["secret"])}
