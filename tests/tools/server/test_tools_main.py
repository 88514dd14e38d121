import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from strands import Agent

from runtime.engine.mcp.servers import McpServers
from runtime.environment import RuntimeAddress, ToolsEnvironment
from runtime.process.run_files import RunFiles
from runtime.process.threads import Threads
from tests.runtime.agentcore_door import ARN, SECRETS, AgentCoreDoor, served
from tests.runtime.stage import Call, Say, ScriptedModel, Turn
from tests.tools.file_bucket import FileBucket
from tools.server.mcp_server import ReturnedFiles, create_app
from tools.server.tools_main import workspace_opener

RUN_ID = "0193a1b2-0000-7000-8000-000000000001"
EFFECT = {"table": "nsw", "treatment": "treat", "outcome": "re78"}
STACK = ToolsEnvironment(data_bucket="data", payload_bucket="payloads")


class StackBuckets(FileBucket):
    """The data bucket, and what is put into the payload bucket."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files)
        self.stored: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: object) -> None:  # noqa: N803
        assert Bucket == "payloads"
        self.stored[Key] = Body


@pytest.fixture
def buckets(data_bucket: FileBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StackBuckets:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return StackBuckets(data_bucket.files)


@pytest.fixture
def hosted(buckets: StackBuckets, monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentCoreDoor]:
    """The tools' server as AgentCore hosts it."""
    door = AgentCoreDoor(create_app(workspace_opener(STACK, cast(Any, buckets))))
    with served(door) as url:
        for name, value in {**SECRETS, "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": url}.items():
            monkeypatch.setenv(name, value)
        yield door


def test_an_agent_has_its_analysis_done_on_agentcore(hosted: AgentCoreDoor, buckets: StackBuckets) -> None:
    servers = McpServers((), {"analysis": RuntimeAddress(ARN, "live")}, {"causal_analyst": ("analysis",)})
    turns: list[Turn] = [
        [Call("regression_adjustment", EFFECT)],
        [Call("regression_adjustment", {**EFFECT, "comparison": "cps"})],
        [Call("plot_distribution", {"table": "nsw", "treatment": "treat", "column": "re78"})],
        [Say(["1,676 or 699."])],
    ]
    threads = Threads("test", 4)

    async def scenario() -> list[dict[str, Any]]:
        async with servers.open_tools("causal_analyst", RUN_ID, threads) as tools:
            agent = Agent(model=ScriptedModel(turns), tools=list(tools), callback_handler=None)
            await agent.invoke_async("Did the training raise earnings?")
            blocks = [
                block["toolResult"]
                for message in agent.messages
                for block in message["content"]
                if "toolResult" in block
            ]
            return [json.loads(result["content"][0]["text"]) for result in blocks]

    experiment, survey, plot = asyncio.run(scenario())
    threads.close()

    assert [round(experiment["estimate"]), round(experiment["standard_error"])] == [1_676, 677]
    assert round(survey["estimate"]) == 699
    stored = {key.removeprefix(f"runs/{RUN_ID}/files/"): body for key, body in buckets.stored.items()}
    assert stored[plot["file"]].startswith(b"\x89PNG"), "the plot is among the run's files"
    assert json.loads(stored[survey["file"]])["estimate"] == survey["estimate"]
    assert not hosted.refused


@pytest.mark.parametrize(("session_id", "kind"), [(RUN_ID, RunFiles), ("", ReturnedFiles), ("../other", ReturnedFiles)])
def test_only_a_run_has_a_folder_for_its_files(buckets: StackBuckets, session_id: str, kind: type) -> None:
    workspace = workspace_opener(STACK, cast(Any, buckets))(session_id)

    assert isinstance(workspace.files, kind)
