"""Loads the modules in agents/. One that cannot be used fails its own runs, and no other's."""

import importlib
from dataclasses import dataclass
from types import ModuleType

from strands import Agent

from runtime.agent_context import AgentContext, AgentFactory
from runtime.engine.failures import BrokenAgentError
from runtime.process.logs import log


@dataclass(frozen=True, slots=True)
class AgentModule:
    """The contents of a module: how its agent is created, and the names of the MCP servers on AgentCore that it
    uses."""

    create_agent: AgentFactory
    mcp_servers: tuple[str, ...] = ()


def load_agent(name: str) -> AgentModule:
    """`create_agent` and `MCP_SERVERS` of agents/<name>.py; where there is no such module, a stand-in whose agent
    raises BrokenAgentError when it is made."""
    try:
        module = _imported(name)
        return AgentModule(_create_agent(name, module), _mcp_servers(name, module))
    except BrokenAgentError as problem:
        broken = problem
    except Exception as error:
        # Without its text: it comes from the user's code, and this message reaches the client.
        broken = BrokenAgentError(f"agents/{name}.py raised {type(error).__name__} when it was imported")
        log("worker.agent_not_imported", level="ERROR", agent=name, exc_info=True)

    def fail(_context: AgentContext) -> Agent:
        raise broken

    return AgentModule(fail)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"agents.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"agents.{name}":
            raise
        raise BrokenAgentError(f"agents/{name}.py is not in the package") from error


def _create_agent(name: str, module: ModuleType) -> AgentFactory:
    factory = getattr(module, "create_agent", None)
    if not callable(factory):
        raise BrokenAgentError(f"agents/{name}.py has no function create_agent(context)")
    create_agent: AgentFactory = factory
    return create_agent


def _mcp_servers(name: str, module: ModuleType) -> tuple[str, ...]:
    wanted = getattr(module, "MCP_SERVERS", ())
    if not isinstance(wanted, tuple) or not all(isinstance(server, str) for server in wanted):
        raise BrokenAgentError(f"MCP_SERVERS of agents/{name}.py is not a tuple of names, such as ('analysis',)")
    return wanted
