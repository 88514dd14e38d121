"""Loads the modules in agents/. One that cannot be used fails its own runs, and no other's."""

import importlib
import inspect
from collections.abc import Awaitable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final
from weakref import WeakValueDictionary

from strands import Agent

from contract.errors import RunError
from runtime.agent_context import AgentContext, AgentFactory
from runtime.engine.failures import BrokenAgentError, ToolSetupError
from runtime.engine.json_safe import class_name, is_instance
from runtime.engine.tools.registration import setup_error, strict_names
from runtime.process.logs import log

_given_agents: Final = WeakValueDictionary[int, Agent]()


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

    def fail(_context: AgentContext) -> Agent:
        raise broken

    return AgentModule(fail)


def create_agent(name: str, factory: AgentFactory, context: AgentContext) -> Agent:
    """A new agent by the factory of agents/<name>.py. Raises RunError, ToolSetupError where its tools cannot be used
    together, and BrokenAgentError for all else that the factory raises or returns."""
    try:
        with strict_names():
            agent = factory(context)
    except BaseException as error:
        raise _failure(name, error) from error
    return _new(name, factory, agent)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"agents.{name}")
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and error.name == f"agents.{name}":
            raise BrokenAgentError(f"agents/{name}.py is not in the package") from error
        log("worker.agent_not_imported", level="ERROR", agent=name, exc_info=True)
        # Without its text: it comes from the user's code, and this message reaches the client.
        raise BrokenAgentError(f"agents/{name}.py raised {class_name(error)} when it was imported") from error


def _create_agent(name: str, module: ModuleType) -> AgentFactory:
    factory = getattr(module, "create_agent", None)
    if not callable(factory):
        raise BrokenAgentError(f"agents/{name}.py has no function create_agent(context)")
    if inspect.iscoroutinefunction(factory) or inspect.isgeneratorfunction(factory):
        raise BrokenAgentError(
            f"create_agent of agents/{name}.py is not a plain function; define it without async or yield"
        )
    try:
        inspect.signature(factory).bind(object())
    except TypeError as error:
        raise BrokenAgentError(f"create_agent of agents/{name}.py does not take one argument, the context") from error
    except ValueError:
        pass  # a callable that cannot be inspected
    create: AgentFactory = factory
    return create


def _mcp_servers(name: str, module: ModuleType) -> tuple[str, ...]:
    wanted = getattr(module, "MCP_SERVERS", ())
    if not isinstance(wanted, tuple) or not all(isinstance(server, str) for server in wanted):
        raise BrokenAgentError(f"MCP_SERVERS of agents/{name}.py is not a tuple of names, such as ('analysis',)")
    return wanted


def _failure(name: str, error: BaseException) -> Exception:
    if isinstance(error, RunError | ToolSetupError | BrokenAgentError):
        return error
    return setup_error(error) or BrokenAgentError(f"create_agent of agents/{name}.py raised {class_name(error)}")


def _new(name: str, factory: AgentFactory, agent: object) -> Agent:
    if not (is_instance(agent, Agent) and isinstance(agent, Agent)):
        raise BrokenAgentError(f"create_agent of agents/{name}.py returned {_described(agent)}")
    kept = getattr(factory, "__globals__", {}).values()
    if _given_agents.get(id(agent)) is agent or any(value is agent for value in kept):
        raise BrokenAgentError(
            f"create_agent of agents/{name}.py returned an agent that it keeps, with the conversation of another run; "
            "create a new one each time"
        )
    _given_agents[id(agent)] = agent
    # A list that the module keeps would carry what one owner says to the runs of others.
    agent.messages = list(agent.messages)
    return agent


def _described(value: Any) -> str:  # noqa: ANN401  what a user's function returned
    if value is None:
        return "nothing; return the agent"
    if inspect.iscoroutine(value):
        value.close()
    kind = "a coroutine" if is_instance(value, Awaitable) else f"a {class_name(value)}"
    return f"{kind} and no strands.Agent; return an agent, which may have others as its tools"
