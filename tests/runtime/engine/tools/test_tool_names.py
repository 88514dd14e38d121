"""Runs whose agent has tools with names that clash, or that models do not accept."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer
from strands import Agent, tool

from contract.events import EventType
from runtime.agent_context import AgentContext
from tests.runtime.agentcore_door import served
from tests.runtime.stage import Call, Say, ScriptedModel, Stage


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves an MCP server whose tools have the given names; returns its address."""
    with ExitStack() as running:

        def begin(*names: str) -> str:
            server = MCPServer("echo")
            for name in names:
                server.add_tool(lambda name=name: f"{name} was called", name=name, description="Echo.")
            return f"{running.enter_context(served(server.streamable_http_app(stateless_http=True)))}/mcp"

        yield begin


def named(name: str) -> Any:  # noqa: ANN401  a decorated tool
    @tool(name=name)
    def own() -> str:
        """Own."""
        return "own"

    return own


def failure(stage: Stage) -> str:
    run_id = stage.accept()
    stage.serve(run_id)
    end = stage.end(run_id)
    assert (end.type.value, end.data.get("code")) == ("RUN_FAILED", "TOOL_ERROR"), end.data
    assert not stage.model.heard
    return str(end.data["error"])


def test_a_name_with_a_dot_is_replaced_and_called_by_the_servers_own(stage: Stage, serve: Callable[..., str]) -> None:
    stage.mcp_servers = (serve("weather.today", "x" * 70, "plain"),)
    stage.model = ScriptedModel([[Call("weather_today")], [Say(["Done."])]])
    run_id = stage.accept()

    stage.serve(run_id)

    (result,) = [event.data for event in stage.journal.events[run_id] if event.type is EventType.TOOL_RESULT]
    assert result["content"].startswith("weather.today was called")
    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


@pytest.mark.parametrize(("own", "offered"), [("add", "add"), ("get_sum", "get-sum"), ("get_sum", "get.sum")])
@pytest.mark.parametrize("is_own_first", [True, False])
def test_a_tool_named_like_one_of_a_server_is_named_with_both_origins(
    stage: Stage, serve: Callable[..., str], own: str, offered: str, is_own_first: bool
) -> None:
    url = serve(offered)
    stage.mcp_servers = (url,)

    def create(context: AgentContext) -> Agent:
        tools = [named(own), *context.tools] if is_own_first else [*context.tools, named(own)]
        return Agent(model=context.model, tools=tools, callback_handler=None)

    stage._agent = create  # type: ignore[method-assign]  # noqa: SLF001  another agent than the stage's

    message = failure(stage)

    assert "two tools of the agent have the same name" in message
    assert f"{offered} of the MCP server {url}" in message
    assert f"{own} ({__name__}.named.<locals>.own)" in message


@pytest.mark.parametrize("names", [("add", "add"), ("get-sum", "get_sum")])
def test_two_tools_of_one_name_fail_the_run_and_are_both_named(stage: Stage, names: tuple[str, str]) -> None:
    stage.tools = [named(name) for name in names]

    message = failure(stage)

    assert message.count(".named.<locals>.own)") == 2
    assert all(name in message for name in names)


@pytest.mark.parametrize("name", ["a.b", "x" * 65, "größe", "a b"])
def test_a_name_that_models_do_not_accept_fails_the_run(stage: Stage, name: str) -> None:
    stage.tools = [named(name)]

    assert f"models do not accept the name of the tool {name}" in failure(stage)


@pytest.mark.parametrize("offered", [("get-sum", "get_sum"), ("get.sum", "get_sum")])
def test_tools_of_two_servers_with_names_that_are_one_are_named(
    stage: Stage, serve: Callable[..., str], offered: tuple[str, str]
) -> None:
    first, second = serve(offered[0]), serve(offered[1])
    stage.mcp_servers = (first, second)

    message = failure(stage)

    assert first in message
    assert second in message
    assert "get_sum" in message


def test_tools_of_one_server_that_differ_in_a_hyphen_only_are_both_usable(
    stage: Stage, serve: Callable[..., str]
) -> None:
    stage.mcp_servers = (serve("get-sum", "get_sum"),)
    stage.model = ScriptedModel([[Call("get_sum")], [Say(["Done."])]])
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


class Tools:
    @tool
    def look(self) -> str:
        """Look."""
        return "seen"


def test_one_tool_that_is_given_twice_is_no_clash(stage: Stage) -> None:
    both = Tools()
    stage.tools = [both.look, both.look]
    stage.model = ScriptedModel([[Call("look")], [Say(["Done."])]])
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


def test_two_objects_methods_of_one_name_clash(stage: Stage) -> None:
    stage.tools = [Tools().look, Tools().look]

    assert "look" in failure(stage)


def test_an_agent_of_the_context_reports_clashes_as_well(stage: Stage) -> None:
    def create(context: AgentContext) -> Agent:
        return context.agent(system_prompt="", tools=[[named("add")], named("add")])

    stage._agent = create  # type: ignore[method-assign]  # noqa: SLF001  another agent than the stage's

    assert "two tools of the agent have the same name: add" in failure(stage)
