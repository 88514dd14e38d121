import sys
from pathlib import Path
from typing import cast

import pytest

import agents
from agents import data_analyst
from runtime.agent_context import AgentContext
from runtime.engine.agent_modules import load_agent
from runtime.engine.failures import BrokenAgentError

CONTEXT = cast(AgentContext, None)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module agents/mine.py to be written by the test."""
    monkeypatch.setattr(agents, "__path__", [*agents.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "agents.mine", raising=False)
    return tmp_path / "mine.py"


def test_an_agent_is_made_by_its_module() -> None:
    assert load_agent("data_analyst").create_agent is data_analyst.create_agent


def test_an_agent_gets_no_mcp_server_that_its_module_does_not_ask_for() -> None:
    assert load_agent("data_analyst").mcp_servers == ()


def test_a_module_asks_for_mcp_servers_by_name(module: Path) -> None:
    module.write_text("MCP_SERVERS = ('analysis', 'weather')\ndef create_agent(context): ...")

    assert load_agent("mine").mcp_servers == ("analysis", "weather")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", r"agents/mine\.py has no function create_agent"),
        ("raise RuntimeError('secret words')", r"agents/mine\.py raised RuntimeError when it was imported"),
        (
            "def create_agent(context): ...\nMCP_SERVERS = ('analysis')",
            r"MCP_SERVERS of agents/mine\.py is not a tuple",
        ),
        ("import no_such_library", r"agents/mine\.py raised ModuleNotFoundError when it was imported"),
    ],
)
def test_a_module_that_cannot_be_used_fails_when_its_agent_is_made(module: Path, source: str, told: str) -> None:
    module.write_text(source)
    agent = load_agent("mine")

    with pytest.raises(BrokenAgentError, match=told) as broken:
        agent.create_agent(CONTEXT)

    assert "secret" not in str(broken.value)


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(BrokenAgentError, match=r"agents/weather\.py is not in the package"):
        load_agent("weather").create_agent(CONTEXT)
