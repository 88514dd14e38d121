"""Finds what the modules in agents/ make agents with. One that cannot be used fails its own runs, and no other's."""

import importlib

from strands import Agent

from runtime.agent_context import AgentContext, AgentFactory
from runtime.failures import BrokenAgentError
from runtime.logs import log


def load_factory(name: str) -> AgentFactory:
    """`create_agent` of agents/<name>.py; where there is none, a stand-in that raises BrokenAgentError when called."""
    try:
        return _create_agent(name)
    except BrokenAgentError as problem:
        broken = problem
    except Exception as error:
        # Not its words: they are somebody else's, and the sentence reaches the client.
        broken = BrokenAgentError(f"agents/{name}.py raised {type(error).__name__} when it was imported")
        log("worker.agent_not_imported", level="ERROR", agent=name, exc_info=True)

    def refuse(_context: AgentContext) -> Agent:
        raise broken

    return refuse


def _create_agent(name: str) -> AgentFactory:
    try:
        module = importlib.import_module(f"agents.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"agents.{name}":
            raise
        raise BrokenAgentError(f"agents/{name}.py is not in the package") from error
    factory = getattr(module, "create_agent", None)
    if not callable(factory):
        raise BrokenAgentError(f"agents/{name}.py has no function create_agent(context)")
    create_agent: AgentFactory = factory
    return create_agent
