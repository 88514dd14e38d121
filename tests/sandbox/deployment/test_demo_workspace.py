"""The workspace that a sandbox makes for trying the streaming endpoint, with a gateway in place of the deployed one."""

import io
import json
from typing import Any

import pytest

from sandbox.deployment.demo_workspace import create_demo_workspace
from sandbox.errors import SandboxError

OUTPUTS = {"stream_url": "http://127.0.0.1:1/", "gateway_function": "gateway", "agents": ["first", "second"]}


class Gateway:
    """Replies as the function does, to any call; notes what was asked. It is the cloud, and its client of Lambda."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self.reply = reply
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @property
    def lambda_(self) -> "Gateway":
        return self

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  boto3's names
        self.asked.append((FunctionName, json.loads(Payload)))
        return {"Payload": io.BytesIO(json.dumps(self.reply).encode())}


def created(gateway: Any, outputs: dict[str, Any]) -> dict[str, str]:  # noqa: ANN401  in the place of a Cloud
    return create_demo_workspace(gateway, outputs)


def test_the_demo_workspace_may_ask_the_first_agent() -> None:
    gateway = Gateway({"workspace_id": "demo", "agent": "first", "secret": "s3cret"})

    found = created(gateway, OUTPUTS)

    assert found == {"demo_workspace": "demo", "demo_agent": "first", "demo_secret": "s3cret"}
    asked = {"workspace": {"action": "create", "workspace_id": "demo", "agent": "first"}}
    assert gateway.asked == [("gateway", asked)]


@pytest.mark.parametrize("missing", sorted(OUTPUTS))
def test_a_stack_without_the_endpoint_gets_none(missing: str) -> None:
    gateway = Gateway({})

    assert created(gateway, {name: value for name, value in OUTPUTS.items() if name != missing}) == {}
    assert gateway.asked == []


def test_a_workspace_that_cannot_be_made_fails_the_deployment_with_the_reason() -> None:
    gateway = Gateway({"error": "The table is full.", "code": "THROTTLED"})

    with pytest.raises(SandboxError, match="by function gateway: The table is full") as caught:
        created(gateway, OUTPUTS)

    assert caught.value.code == "DEPLOYMENT_FAILED"
