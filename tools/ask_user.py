"""A tool with which an agent asks its user, behind every transport."""

from typing import Any

from strands import ToolContext, tool


@tool(context="tool_context")
def ask_user(
    question: str,
    tool_context: ToolContext,
    options: list[str] | None = None,
    default: str | None = None,
) -> Any:  # noqa: ANN401  the answer
    """Ask the user a question and wait for the answer. Use it only for what you cannot find out yourself: a choice, a
    permission, or knowledge that only the user has.

    Args:
        question: The question, as the user is to read it.
        tool_context: Set by the framework.
        options: The answers that are possible. Leave it out for a free answer.
        default: The answer that counts when the user gives none in time. Leave it out where only the user can answer.
    """
    reason: dict[str, Any] = {"text": question}
    if options:
        reason["schema"] = {"enum": options}
    if default is not None:
        reason["default"] = default
    return tool_context.interrupt("ask_user", reason=reason)
