"""What is asked of the control plane, and what is answered from memory."""

import asyncio

import pytest

from sandbox.sidecar.agent_sessions.errors import AgentCoreError
from sandbox.sidecar.agentcore.catalogue import Catalogue
from tests.sandbox.sidecar.stage import ACCOUNT, Stage


def test_an_endpoint_is_asked_for_once_while_its_answer_is_fresh(stage: Stage) -> None:
    arn = stage.describe("agent_0-abcdefghij", {})
    found = Catalogue(stage.control_plane, ACCOUNT, fresh=60)

    assert {asyncio.run(found.find(arn, "", "live")).version.number for _ in range(5)} == {"1"}
    assert stage.control_plane.asked == 1


def test_an_endpoint_is_followed_to_another_version_and_to_its_end(stage: Stage) -> None:
    arn = stage.describe("agent_0-abcdefghij", {})
    found = Catalogue(stage.control_plane, ACCOUNT, fresh=0)
    asyncio.run(found.find(arn, "", "live"))

    stage.control_plane.endpoints["agent_0-abcdefghij", "live"]["liveVersion"] = "2"
    moved = asyncio.run(found.find(arn, "", "live"))
    del stage.control_plane.endpoints["agent_0-abcdefghij", "live"]

    assert moved.version.number == "2"
    with pytest.raises(AgentCoreError, match="live not found"):
        asyncio.run(found.find(arn, "", "live"))


def test_limits_and_places_default_to_the_contracts(stage: Stage) -> None:
    plain = stage.describe("plain-abcdefghij", {})
    special = stage.describe(
        "special-abcdefghij",
        {
            "protocolConfiguration": {"serverProtocol": "MCP", "port": 9001, "path": "/tools"},
            "lifecycleConfiguration": {"maxLifetime": 300},
        },
    )
    found = Catalogue(stage.control_plane, ACCOUNT)

    of_plain = asyncio.run(found.find(plain, "", "DEFAULT")).version
    of_special = asyncio.run(found.find(special, "", "DEFAULT")).version

    assert (of_plain.protocol, of_plain.port, of_plain.path) == ("HTTP", 8080, "/invocations")
    assert (of_plain.idle_seconds, of_plain.lifetime_seconds) == (900, 28_800)
    assert (of_special.port, of_special.path) == (9001, "/tools")
    assert (of_special.idle_seconds, of_special.lifetime_seconds) == (300, 300)
