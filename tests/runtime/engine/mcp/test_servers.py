import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from mcp.server.mcpserver import MCPServer

from contract.errors import ErrorCode
from contract.events import EventType
from runtime.engine.mcp.servers import McpServer, open_tools
from runtime.process.threads import Threads
from tests.runtime.agentcore_door import served
from tests.runtime.stage import Call, Say, ScriptedModel, Stage

Serve = Callable[[MCPServer], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an MCP server over streamable HTTP on a free port until the test ends; returns its address."""
    with ExitStack() as running:

        def begin(server: MCPServer) -> str:
            return f"{running.enter_context(served(server.streamable_http_app(stateless_http=True)))}/mcp"

        yield begin


@pytest.fixture
def calculator() -> MCPServer:
    server = MCPServer("calculator")

    @server.tool()
    def add(left: int, right: int) -> str:
        """Add two numbers."""
        return str(left + right)

    return server


@pytest.fixture
def dead_address() -> str:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"


def test_an_agent_uses_the_tools_of_an_mcp_server(stage: Stage, serve: Serve, calculator: MCPServer) -> None:
    stage.mcp_servers = (serve(calculator),)
    stage.model = ScriptedModel([[Call("add", {"left": 40, "right": 2})], [Say(["42."])]])
    first, second = stage.accept(), stage.accept()

    stage.serve(first)
    stage.model = ScriptedModel([[Call("add", {"left": 1, "right": 1})], [Say(["2."])]])
    stage.serve(second)

    for run_id, total in ((first, "42"), (second, "2")):
        results = [event.data for event in stage.journal.events[run_id] if event.type is EventType.TOOL_RESULT]
        assert [(result["status"], result["content"].split("\n")[0]) for result in results] == [("success", total)]
        assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


# Strands' client, after a start that failed, makes a coroutine for a loop that has ended.
@pytest.mark.filterwarnings("ignore:coroutine 'MCPClient.stop.<locals>._set_close_event' was never awaited")
def test_a_dead_mcp_server_fails_the_run_and_is_named(stage: Stage, dead_address: str) -> None:
    stage.mcp_servers = (dead_address,)
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.types(run_id) == ["RUN_ACCEPTED", "RUN_FAILED"]
    end = stage.end(run_id)
    assert end.data["code"] == ErrorCode.TOOL_ERROR.value
    assert dead_address in end.data["error"]
    assert not stage.model.heard


def test_two_servers_with_the_same_tool_are_refused_by_name(stage: Stage, serve: Serve, calculator: MCPServer) -> None:
    stage.mcp_servers = (serve(calculator), serve(calculator))
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.end(run_id).data["code"] == ErrorCode.TOOL_ERROR.value
    assert "both offer a tool add" in stage.end(run_id).data["error"]


def test_no_thread_of_a_client_outlives_its_run(serve: Serve, calculator: MCPServer) -> None:
    url = serve(calculator)
    threads = Threads("test", 4)

    async def scenario() -> tuple[list[str], set[threading.Thread]]:
        before = set(threading.enumerate())
        async with open_tools([McpServer.at(url)], threads) as tools:
            names = [tool.tool_name for tool in tools]
        return names, set(threading.enumerate()) - before

    names, left = asyncio.run(scenario())
    threads.close()

    assert names == ["add"]
    assert not [thread for thread in left if "_background_task" in thread.name]
