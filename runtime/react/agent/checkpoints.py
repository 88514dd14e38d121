"""The one place that knows how Strands stops an agent between its model and its tools: an experimental feature."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final, cast

from strands import Agent
from strands.interrupt import _InterruptState
from strands.types.agent import AgentInput

STOPPED: Final = "checkpoint"
"""The stop reason of an agent that was stopped after its model, or after its tools."""

INTERRUPTED: Final = "interrupt"

_AFTER_MODEL: Final = {"position": "after_model", "cycle_index": 0, "schema_version": "1.0"}
_STATE: Final = ("_checkpointing", "_interrupt_state")


class UnsupportedStrandsError(Exception):
    """The installed Strands stops agents in another way; the message names its version."""


def stop_after_model(agent: Agent) -> None:
    """Have the agent return with STOPPED after each model call that calls tools, which it does not run. An agent whose
    last message has the tools' results goes on when it is called with []."""
    _check(agent)
    agent._checkpointing = True  # noqa: SLF001  an argument of Agent, which its factory does not pass


def tools_only(agent: Agent) -> AgentInput:
    """What the agent is called with to run the tools that its last message calls, and to stop before its model."""
    stop_after_model(agent)
    # Strands takes it, and does not name it in the type
    return cast("AgentInput", {"checkpointResume": {"checkpoint": _AFTER_MODEL}})


def interrupt_state(agent: Agent) -> dict[str, Any]:
    """What an interrupted agent needs to go on, with JSON values where its interrupts have them."""
    _check(agent)
    return agent._interrupt_state.to_dict()  # noqa: SLF001  what a session manager of Strands stores


def resume(agent: Agent, state: Mapping[str, Any], responses: Mapping[str, object]) -> AgentInput:
    """What an agent with that interrupt state is called with, given the response to each interrupt by its id."""
    stop_after_model(agent)
    agent._interrupt_state = _InterruptState.from_dict(dict(state))  # noqa: SLF001  as above
    # Strands takes None for no response, and would ask again
    given = {key: "" if value is None else value for key, value in responses.items()}
    answers = [{"interruptResponse": {"interruptId": key, "response": value}} for key, value in given.items()]
    return cast("AgentInput", answers)


def _check(agent: Agent) -> None:
    missing = [name for name in _STATE if not hasattr(agent, name)]
    if missing:
        installed = version("strands-agents")
        raise UnsupportedStrandsError(
            f"strands-agents {installed} does not stop agents as this workflow needs it (no {', '.join(missing)}); "
            "install the locked version"
        )
