"""The names of an agent's tools: valid for every model, and each of one tool only."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from strands.tools.registry import ToolRegistry
from strands.types.tools import AgentTool

from runtime.engine.failures import ToolSetupError

VALID_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""Of a tool, for Bedrock and OpenAI."""

_is_strict: Final = ContextVar("is_strict", default=False)
_register = ToolRegistry.register_tool


def same_name(name: str) -> str:
    """What two names have in common that are one to Strands: it takes - for _."""
    return name.replace("-", "_")


def origin_of(tool: AgentTool) -> str:
    """A tool and where it comes from, for messages."""
    origin = getattr(tool, "origin", "")
    function = getattr(tool, "__wrapped__", None)
    if not origin and function is not None:
        origin = f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', '?')}"
    return f"{tool.tool_name} ({origin or type(tool).__name__})"


@contextmanager
def strict_names() -> Iterator[None]:
    """In the block, an agent that gets a tool with an invalid name, or two of one name, raises ToolSetupError."""
    token = _is_strict.set(True)
    try:
        yield
    finally:
        _is_strict.reset(token)


def setup_error(error: BaseException) -> ToolSetupError | None:
    """The reason why an agent cannot have its tools, which Strands wraps in errors of its own."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ToolSetupError):
        cause = cause.__cause__
    return cause


def _register_checked(self: ToolRegistry, tool: AgentTool) -> None:
    if _is_strict.get():
        _check(self, tool)
    _register(self, tool)


def _check(registry: ToolRegistry, tool: AgentTool) -> None:
    if not VALID_NAME.fullmatch(tool.tool_name):
        raise ToolSetupError(
            f"models do not accept the name of the tool {origin_of(tool)}; "
            "name it with 1 to 64 letters, digits, _ and - (in ASCII)"
        )
    for other in registry.registry.values():
        if same_name(other.tool_name) == same_name(tool.tool_name) and not _is_same(other, tool):
            raise ToolSetupError(
                f"two tools of the agent have the same name: {origin_of(other)} and {origin_of(tool)}; rename one "
                "(- and _ count as the same)"
            )


def _is_same(one: AgentTool, other: AgentTool) -> bool:
    # A decorated method is another object each time it is read from its instance.
    function = getattr(one, "__wrapped__", None)
    return one is other or (function is not None and function == getattr(other, "__wrapped__", None))


# Strands lets a later tool replace an earlier one of its name without a word, and has no setting or hook for it.
ToolRegistry.register_tool = _register_checked  # type: ignore[method-assign]
