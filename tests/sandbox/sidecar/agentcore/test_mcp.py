"""MCP runtimes through the data plane: the real server in an artifact, the real client before it."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.session import ClientSession
from mcp.client.streamable_http import streamable_http_client

from tests.sandbox.harness import wait_until
from tests.sandbox.sidecar.stage import PLAIN, Runtime, Stage, new_id

SERVER = """
import os
from mcp.server import MCPServer

server = MCPServer("numbers")

@server.tool()
def add(a: int, b: int) -> int:
    return a + b

@server.tool()
def pid() -> int:
    return os.getpid()

server.run(transport="streamable-http", host="0.0.0.0", stateless_http=%s)
"""

BARE = """
from http.server import ThreadingHTTPServer
def handle(event, request):
    if "until" in event:
        print("waiting", flush=True)
        while not os.path.exists(event["until"]):
            time.sleep(0.01)
    return event.get("status", 200), {"headers": {name.lower(): value for name, value in request.headers.items()}}
ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""

MCP = {"protocolConfiguration": {"serverProtocol": "MCP"}}
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=test"}


def url_of(runtime: Runtime) -> str:
    return f"{runtime.url}/runtimes/{runtime.arn.replace(':', '%3A').replace('/', '%2F')}/invocations"


async def call(url: str, *tools: tuple[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The names of the server's tools, and what some of them answer."""
    async with (
        httpx2.AsyncClient(headers=SIGNED, timeout=20) as http,
        streamable_http_client(url, http_client=http) as (read, write, *_),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        listed = await session.list_tools()
        answers = [await session.call_tool(name, arguments) for name, arguments in tools]
    return [tool.name for tool in listed.tools], [answer.content[0].text for answer in answers]  # type: ignore[union-attr]


@pytest.mark.parametrize("stateless", [True, False], ids=["stateless", "stateful"])
def test_a_client_lists_and_calls_a_servers_tools_in_one_session(stage: Stage, stateless: bool) -> None:
    runtime = stage.runtime({"main.py": SERVER % stateless}, site=True, described=MCP)

    names, answers = asyncio.run(call(url_of(runtime), ("add", {"a": 2, "b": 3}), ("pid", {}), ("pid", {})))

    assert names == ["add", "pid"]
    assert answers[0] == "5"
    assert answers[1] == answers[2]
    (session,) = runtime.sessions()
    assert (session["protocol"], str(session["pid"])) == ("MCP", answers[1])


def test_a_tool_is_called_by_the_aws_client_too(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": SERVER % True}, site=True, described=MCP)

    answer = runtime.client.invoke_agent_runtime(
        agentRuntimeArn=runtime.arn,
        runtimeSessionId=new_id(),
        accept="application/json, text/event-stream",
        contentType="application/json",
        mcpProtocolVersion="2025-06-18",
        payload=json.dumps(
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": "add", "arguments": {"a": 1, "b": 1}},
            }
        ).encode(),
    )

    assert b'"text":"2"' in answer["response"].read()
    assert answer["mcpSessionId"] == answer["runtimeSessionId"]


def test_a_session_takes_many_calls_at_once(stage: Stage, tmp_path: Path) -> None:
    runtime = stage.runtime({"main.py": PLAIN + BARE}, described=MCP)
    session, until = new_id(), tmp_path / "until"

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(runtime.invoke, {"until": str(until)}, session)
        wait_until(lambda: "waiting" in stage.log(), "the first call")
        assert runtime.invoke({}, session)["headers"]
        until.touch()
        assert waiting.result(timeout=20)


def test_headers_of_the_protocol_reach_the_server_and_a_client_is_known_by_its_mcp_session(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + BARE}, described=MCP)

    first = httpx2.post(url_of(runtime), json={}, headers=SIGNED)
    own = first.headers["mcp-session-id"]
    second = httpx2.post(url_of(runtime), json={}, headers=SIGNED | {"mcp-session-id": own, "mcp-method": "tools/list"})

    assert "mcp-session-id" not in first.json()["headers"]
    assert second.json()["headers"]["mcp-session-id"] == own
    assert second.json()["headers"]["mcp-method"] == "tools/list"
    assert [session["session_id"] for session in runtime.sessions()] == [own]


def test_a_servers_http_error_reaches_the_client_as_an_error_of_the_protocol(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + BARE}, described=MCP)

    answer = httpx2.post(url_of(runtime), json={"status": 404}, headers=SIGNED)

    assert answer.status_code == 200
    assert answer.json()["error"] == {
        "code": -32010,
        "message": "Received error (404) from runtime. Please check your CloudWatch logs for more information.",
    }
