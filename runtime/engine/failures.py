"""The error of a failed run, for people. The traceback is in the log under the run's id."""

from typing import Final

from strands.types.exceptions import (
    EventLoopException,
    MaxTokensReachedException,
    MCPClientInitializationError,
    ModelThrottledException,
    StructuredOutputException,
    ToolProviderException,
)

from contract.errors import ErrorCode, RunError
from runtime.engine.model.service_failures import service_failure

_BROKE_OFF: Final = "the model's answer broke off"

_MAX_REASON_CHARS: Final = 400
"""Of what is wrong with a structured output; a validation error repeats the whole input."""


class ToolSetupError(Exception):
    """The tools of a run could not be made ready; the message is fit for the user."""


class BrokenAgentError(Exception):
    """An agent's module cannot be used; the message is fit for the user."""


class CutStreamError(Exception):
    """The model's stream broke off inside an answer. `tool` is the tool whose call was cut, `is_empty`: nothing of the
    answer had come, so that the model can be asked again."""

    def __init__(self, tool: str | None = None, *, is_empty: bool = False) -> None:
        super().__init__("the model's stream ended before its answer did")
        self.tool = tool
        self.is_empty = is_empty


class UnusableAnswerError(Exception):
    """The model sent a complete answer that no agent can go on with; the message is fit for the user."""


class UnusableRequestError(Exception):
    """The model's library cannot put the conversation into a request."""


def explain_setup(error: Exception, run_id: str) -> RunError:
    """The error of a run whose agent could not be made."""
    if isinstance(error, RunError):
        return error
    if isinstance(error, ToolSetupError):
        return RunError(ErrorCode.TOOL_ERROR, str(error), run_id)
    if isinstance(error, BrokenAgentError):
        return RunError(ErrorCode.INTERNAL, f"{error}; fix it and deploy again, see the worker's log", run_id)
    if isinstance(error, MCPClientInitializationError | ToolProviderException):
        return RunError(ErrorCode.TOOL_ERROR, "the agent's tools could not be made ready; see the worker's log", run_id)
    return _internal(run_id)


def explain_stream(error: Exception, run_id: str, *, has_begun_message: bool) -> RunError:
    """The error of a run whose agent failed at work; `has_begun_message`: the model had sent text of a message that it
    did not end."""
    cause = error.original_exception if isinstance(error, EventLoopException) else error
    if isinstance(cause, RunError):
        return cause
    if isinstance(cause, CutStreamError):
        return _cut(cause, run_id, has_begun_message)
    failure = service_failure(cause)
    if failure is not None and has_begun_message and failure.code is ErrorCode.MODEL_ERROR:
        return RunError(ErrorCode.MODEL_ERROR, _broke_off(has_text=True), run_id)
    if failure is not None:
        return RunError(failure.code, failure.message, run_id)
    message = _answer_message(cause)
    return _internal(run_id) if message is None else RunError(ErrorCode.MODEL_ERROR, message, run_id)


def _cut(error: CutStreamError, run_id: str, has_text: bool) -> RunError:
    if isinstance(error.__cause__, ModelThrottledException):
        message = f"{_BROKE_OFF} because of the model service's rate limit; the text so far is kept, ask again later"
        return RunError(ErrorCode.THROTTLED, message, run_id)
    if error.is_empty and not has_text:
        message = "the model service ended its answer before it began; check the configured model and URL, or ask again"
        return RunError(ErrorCode.MODEL_ERROR, message, run_id)
    return RunError(ErrorCode.MODEL_ERROR, _broke_off(error.tool, has_text=has_text), run_id)


def _broke_off(tool: str | None = None, *, has_text: bool) -> str:
    place = "" if tool is None else f" inside a call of the tool {tool}, which was not run"
    return f"{_BROKE_OFF}{place}; " + ("the text so far is kept, ask again for the rest" if has_text else "ask again")


def _answer_message(error: Exception) -> str | None:
    if isinstance(error, MaxTokensReachedException):
        return "the model's answer reached its token limit and broke off; ask for a shorter one"
    if isinstance(error, UnusableAnswerError):
        return str(error)
    if isinstance(error, StructuredOutputException):
        reason = " ".join(str(error).split())[:_MAX_REASON_CHARS]
        return f"the model gave no answer in the form that the agent asks for: {reason}"
    if isinstance(error, UnusableRequestError):
        return (
            "the conversation cannot be sent to the configured model; check what the agent and its tools put into it,"
            " the worker's log has the details"
        )
    return None


def _internal(run_id: str) -> RunError:
    return RunError(
        ErrorCode.INTERNAL, f"the agent failed; see the worker's log under run {run_id} for the reason", run_id
    )
