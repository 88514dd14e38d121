import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from strands import ModelRetryStrategy

from agents.document_searcher import create_agent
from runtime.agent_context import AgentContext
from runtime.process.run_files import RunFiles
from tests.runtime.stage import Call, Say, ScriptedModel
from tests.tools.file_bucket import FileBucket
from tools.documents.collection import shared_documents


@pytest.fixture(autouse=True)
def _files_of_this_test_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    shared_documents.cache_clear()


def context(model: ScriptedModel, bucket: FileBucket, run_id: str = "run") -> AgentContext:
    """A run's parts."""
    s3 = cast(Any, bucket)
    retries, files = ModelRetryStrategy(max_attempts=1), RunFiles("payloads", s3, "run")
    return AgentContext(run_id, "session", model, [], [], retries, "data", s3, files)


def results(agent: Any) -> list[tuple[str, str]]:  # noqa: ANN401  an agent's messages are untyped
    """Status and text of each tool result, in order."""
    blocks = [block for message in agent.messages for block in message["content"] if "toolResult" in block]
    return [(block["toolResult"]["status"], block["toolResult"]["content"][0]["text"]) for block in blocks]


def test_it_searches_and_reads_the_documents(data_bucket: FileBucket) -> None:
    search = Call("search_documents", {"query": "how were participants chosen"})
    read = Call("read_document", {"document": "programme.md", "first_line": 1, "last_line": 1})
    agent = create_agent(context(ScriptedModel([[search], [read], [Say(["By chance."])]]), data_bucket))

    answer = asyncio.run(agent.invoke_async("How were the men chosen?"))

    assert str(answer).strip() == "By chance."
    (searched, found), (was_read, text) = results(agent)
    assert (searched, was_read) == ("success", "success")
    assert json.loads(found)["rows"][0][2] == "The training programme > How participants were chosen"
    assert json.loads(text)["text"] == "# The training programme"


def test_a_rejected_call_is_the_tools_result_and_the_agent_goes_on(data_bucket: FileBucket) -> None:
    model = ScriptedModel([[Call("read_document", {"document": "secret.md"})], [Say(["Not there."])]])
    agent = create_agent(context(model, data_bucket))

    asyncio.run(agent.invoke_async("Read it."))

    assert results(agent) == [("error", "Error: there is no document 'secret.md'; list_documents names them")]


def test_a_deployment_that_chose_an_index_that_is_missing_says_so_in_the_run(
    data_bucket: FileBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGRUN_DOCUMENT_SEARCH", "elastic")
    model = ScriptedModel([[Call("search_documents", {"query": "overlap"})], [Say(["I cannot."])]])
    agent = create_agent(context(model, data_bucket))

    asyncio.run(agent.invoke_async("Overlap?"))

    ((status, text),) = results(agent)
    assert (status, "allowed: duckdb, lancedb" in text) == ("error", True)


def test_a_warm_up_reads_nothing(data_bucket: FileBucket) -> None:
    create_agent(context(ScriptedModel([]), data_bucket, run_id=""))

    assert data_bucket.downloads == []
