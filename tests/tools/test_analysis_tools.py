import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest
from strands import Agent, ModelRetryStrategy

from runtime.agent_context import AgentContext
from runtime.process.run_files import RunFiles
from tests.runtime.stage import Call, Say, ScriptedModel
from tests.tools.file_bucket import FileBucket
from tools.analysis.catalogue import TOOLS
from tools.analysis_tools import analysis_tools

EFFECT = {"table": "nsw", "treatment": "treat", "outcome": "re78"}
ALL = [tool.name for tool in TOOLS]


@pytest.fixture(autouse=True)
def _files_of_this_test_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def agent(data_bucket: FileBucket, run_files: RunFiles) -> Agent:
    """An agent with all tools whose model calls two of them, one of them wrongly."""
    calls = [Call("difference_in_means", EFFECT), Call("difference_in_means", {**EFFECT, "outcome": "earned"})]
    s3 = cast(Any, data_bucket)
    retries = ModelRetryStrategy(max_attempts=1)
    context = AgentContext(
        "run", "session", ScriptedModel([calls, [Say(["Done."])]]), [], [], retries, "data", s3, run_files
    )
    return context.agent(system_prompt="", tools=analysis_tools(context, ALL))


def results(agent: Agent) -> list[tuple[str, str]]:
    """Status and text of each tool result, in order."""
    blocks: list[Any] = [block for message in agent.messages for block in message["content"] if "toolResult" in block]
    return [(block["toolResult"]["status"], block["toolResult"]["content"][0]["text"]) for block in blocks]


def test_the_tools_compute_on_the_data_bucket_and_store_their_results_with_the_run(
    agent: Agent, run_files: RunFiles
) -> None:
    asyncio.run(agent.invoke_async("?"))

    (status, text), _ = results(agent)
    answer = json.loads(text)
    assert (status, round(answer["estimate"])) == ("success", 1_794)
    assert run_files.list() == [answer["file"]]


def test_a_rejected_call_is_the_tools_result_and_the_agent_goes_on(agent: Agent) -> None:
    answer = asyncio.run(agent.invoke_async("?"))

    _, (status, text) = results(agent)
    assert status == "error"
    assert text.startswith("Error: table nsw has no column 'earned'; its columns are data_id, treat")
    assert str(answer).strip() == "Done."


def test_what_fails_unforeseen_is_in_the_log_and_not_in_the_answer(
    agent: Agent, run_files: RunFiles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("role/secret")

    monkeypatch.setattr(run_files, "put", fail)

    asyncio.run(agent.invoke_async("?"))

    assert results(agent)[0] == (
        "error",
        "Error: the tool difference_in_means failed; the agent's log tells why",
    )
    assert "role/secret" in capsys.readouterr().out


def test_a_model_is_offered_the_tools_with_their_schema(agent: Agent) -> None:
    offered = {name: spec["inputSchema"]["json"] for name, spec in agent.tool_registry.get_all_tools_config().items()}

    assert list(offered) == ALL
    assert offered["difference_in_means"]["required"] == ["table", "treatment", "outcome"]


def test_a_cancelled_run_starts_no_analysis(agent: Agent, run_files: RunFiles, data_bucket: FileBucket) -> None:
    download = data_bucket.get_object

    def cancelling(**given: Any) -> dict[str, Any]:  # noqa: ANN401  as boto3 types it
        agent.cancel()
        return download(**given)

    data_bucket.get_object = cancelling  # type: ignore[method-assign]

    answer = asyncio.run(agent.invoke_async("?"))

    assert answer.stop_reason == "cancelled"
    assert run_files.list() == []
