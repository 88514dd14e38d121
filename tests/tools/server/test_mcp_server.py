import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.client.session import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ImageContent, TextContent

from tests.runtime.agentcore_door import served
from tests.tools.analysis.conftest import Folder, StoredFiles
from tools.analysis import catalogue
from tools.analysis.catalogue import TOOLS
from tools.analysis.workspace import FileSink, Workspace
from tools.server import mcp_server
from tools.server.mcp_server import ReturnedFiles, create_app

DATA = Path(__file__).parents[3] / "data"
EFFECT = {"table": "nsw", "treatment": "treat", "outcome": "re78"}
PLOT = {"table": "nsw", "treatment": "treat", "column": "re78"}

Ask = Callable[[Callable[[ClientSession], Awaitable[Any]]], Any]


class Opened:
    """Opens workspaces over the project's data and records the sessions they were opened for."""

    def __init__(self) -> None:
        self.sessions: list[str] = []
        self.files: list[FileSink] = []

    def __call__(self, session_id: str) -> Workspace:
        self.sessions.append(session_id)
        self.files.append(StoredFiles() if session_id else ReturnedFiles())
        return Workspace(Folder({path.stem: path for path in DATA.glob("*.csv")}), self.files[-1])


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def url(opened: Opened) -> Iterator[str]:
    with served(create_app(opened)) as address:
        yield f"{address}/mcp"


def asked(url: str, question: Callable[[ClientSession], Awaitable[Any]]) -> Any:  # noqa: ANN401  what it answers
    async def scenario() -> Any:  # noqa: ANN401
        async with streamable_http_client(url) as streams, ClientSession(*streams) as session:
            await session.initialize()
            return await question(session)

    return asyncio.run(scenario())


def called(url: str, tool: str, **arguments: object) -> CallToolResult:
    answer = asked(url, lambda session: session.call_tool(tool, dict(arguments)))
    assert isinstance(answer, CallToolResult)
    return answer


def text(answer: CallToolResult) -> str:
    (content,) = [content.text for content in answer.content if isinstance(content, TextContent)]
    return content


def test_it_offers_the_whole_catalogue(url: str) -> None:
    listed = asked(url, lambda session: session.list_tools()).tools

    assert [(tool.name, tool.description, tool.input_schema) for tool in listed] == [
        (tool.name, tool.description, tool.input_schema) for tool in TOOLS
    ]


@pytest.mark.parametrize(
    ("tool", "comparison", "estimate", "error"),
    [
        ("difference_in_means", "", 1_794, 671),
        ("regression_adjustment", "", 1_676, 677),
        ("difference_in_means", "cps", -8_498, 582),
        ("regression_adjustment", "cps", 699, 617),
    ],
)
def test_estimates_over_mcp_are_those_of_the_literature(
    url: str, tool: str, comparison: str, estimate: int, error: int
) -> None:
    answer = json.loads(text(called(url, tool, **EFFECT, comparison=comparison)))

    assert round(answer["estimate"]) == estimate
    assert round(answer["standard_error"]) == error


def test_a_plot_comes_back_as_a_picture_where_there_is_no_place_for_files(url: str) -> None:
    answer = called(url, "plot_distribution", **PLOT)

    (picture,) = [content for content in answer.content if isinstance(content, ImageContent)]
    assert picture.mime_type == "image/png"
    assert base64.b64decode(picture.data).startswith(b"\x89PNG")


def test_a_plot_of_a_session_is_stored_and_only_named(url: str, opened: Opened) -> None:
    request = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "plot_distribution", "arguments": PLOT},
    }
    headers = {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-06-18",
        "x-amzn-bedrock-agentcore-runtime-session-id": "a run",
    }

    result = httpx.post(url, json=request, headers=headers, timeout=30).json()["result"]

    assert opened.sessions == ["a run"]
    assert [content["type"] for content in result["content"]] == ["text"]
    (stored,) = opened.files
    assert isinstance(stored, StoredFiles)
    assert [json.loads(result["content"][0]["text"])["file"]] == list(stored.files)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("guess", {}, "there is no tool guess; there are list_tables, "),
        ("profile_table", {"table": "weather"}, "weather"),
        ("profile_table", {}, "profile_table: table: field required"),
    ],
)
def test_what_cannot_be_done_is_the_tools_result(url: str, tool: str, arguments: dict[str, str], message: str) -> None:
    answer = called(url, tool, **arguments)

    assert answer.is_error
    assert text(answer).startswith("Error: ")
    assert message in text(answer)


def test_the_message_of_a_failed_tool_goes_to_the_log_only(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> dict[str, Any]:
        raise RuntimeError("secret words")

    monkeypatch.setattr(catalogue, "_operation", lambda _name: broken)

    with caplog.at_level(logging.ERROR, logger=mcp_server.__name__):
        answer = called(url, "list_tables")

    assert text(answer) == "Error: the tool list_tables failed; the server's log tells why"
    assert "secret words" in caplog.text


def test_a_probe_of_its_health_is_answered_at_once(url: str) -> None:
    assert httpx.options(url).status_code < 500
