import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from strands import ModelRetryStrategy, tool

from agents.data_analyst import create_agent
from runtime.agent_context import AgentContext
from runtime.process.run_files import RunFiles
from tests.runtime.stage import Call, Say, ScriptedModel
from tests.tools.file_bucket import FileBucket
from tools.sql.process import SqlChild
from tools.sql.tools import shared_source

EFFECT = "SELECT avg(re78) FILTER (treat = 1) - avg(re78) FILTER (treat = 0) AS effect FROM nsw"
ENDLESS = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"


@pytest.fixture(autouse=True)
def _files_of_this_test_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    shared_source.cache_clear()


@tool
def ask_mcp() -> str:
    """Stands for a tool of an MCP server."""
    return "asked"


def context(model: ScriptedModel, bucket: FileBucket) -> AgentContext:
    """A run's parts."""
    s3 = cast(Any, bucket)
    retries, files = ModelRetryStrategy(max_attempts=1), RunFiles("payloads", s3, "run")
    return AgentContext("run", "session", model, [], [ask_mcp], retries, "data", s3, files)


def results(agent: Any) -> list[tuple[str, str]]:  # noqa: ANN401  an agent's messages are untyped
    """Status and text of each tool result, in order."""
    blocks = [block for message in agent.messages for block in message["content"] if "toolResult" in block]
    return [(block["toolResult"]["status"], block["toolResult"]["content"][0]["text"]) for block in blocks]


def test_it_finds_the_effect_with_sql(data_bucket: FileBucket) -> None:
    model = ScriptedModel([[Call("list_tables")], [Call("run_sql", {"query": EFFECT})], [Say(["1,794 dollars."])]])
    agent = create_agent(context(model, data_bucket))

    answer = asyncio.run(agent.invoke_async("What was the effect?"))

    assert str(answer).strip() == "1,794 dollars."
    (listed, _), (found, text) = results(agent)
    assert (listed, found) == ("success", "success")
    assert round(json.loads(text)["rows"][0][0]) == 1_794


def test_a_rejected_query_is_the_tools_result_and_the_agent_goes_on(data_bucket: FileBucket) -> None:
    model = ScriptedModel(
        [[Call("run_sql", {"query": "DROP TABLE nsw"}), Call("run_sql", {"query": EFFECT})], [Say(["Done."])]]
    )
    agent = create_agent(context(model, data_bucket))

    answer = asyncio.run(agent.invoke_async("Drop it."))

    assert str(answer).strip() == "Done."
    (rejected, message), (found, _) = results(agent)
    assert (rejected, found) == ("error", "success")
    assert message == "Error: DROP is not allowed, the data can only be read; send a SELECT"


def test_tools_of_mcp_servers_are_added_to_its_own(data_bucket: FileBucket) -> None:
    agent = create_agent(context(ScriptedModel([[Say(["x"])]]), data_bucket))

    assert agent.tool_names == ["list_tables", "describe_table", "run_sql", "ask_mcp"]


def test_its_queries_do_not_block_the_event_loop_and_end_when_the_run_is_cancelled(
    data_bucket: FileBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ask = threading.Event(), SqlChild.ask

    def noted(child: SqlChild, request: Mapping[str, Any], cancelled: threading.Event, seconds: float) -> object:
        if "sql" in request:
            asked.set()
        return ask(child, request, cancelled, seconds)

    monkeypatch.setattr(SqlChild, "ask", noted)
    model = ScriptedModel([[Call("run_sql", {"query": ENDLESS})], [Say(["never"])]])
    agent = create_agent(context(model, data_bucket))

    async def scenario() -> Any:  # noqa: ANN401
        working = asyncio.create_task(agent.invoke_async("Run on."))
        while not asked.is_set():  # noqa: ASYNC110  set in the tool's thread
            await asyncio.sleep(0.001)
        agent.cancel()
        return await asyncio.wait_for(working, 10)

    answer = asyncio.run(scenario())

    assert answer.stop_reason == "cancelled"
    assert results(agent) == [("error", "Error: the query was stopped because the run was cancelled")]
