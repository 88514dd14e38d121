"""The error of a failed run, for people. The traceback is in the log under the run's id."""

from typing import Final

from botocore.exceptions import ClientError
from strands.types.exceptions import (
    ContextWindowOverflowException,
    EventLoopException,
    MaxTokensReachedException,
    MCPClientInitializationError,
    ModelThrottledException,
    StructuredOutputException,
    ToolProviderException,
)

from contract.errors import ErrorCode, RunError

_MODEL_LIBRARIES: Final = frozenset({"botocore", "urllib3", "openai", "httpx", "httpcore"})
"""In the agent's loop only the model uses these: an exception of a tool becomes the tool's result."""

_PASSING_CODES: Final = frozenset(
    {"InternalServerException", "ModelNotReadyException", "ModelTimeoutException", "ServiceUnavailableException"}
)

_MAX_REASON_CHARS: Final = 400
"""Of what is wrong with a structured output; a validation error repeats the whole input."""


class ToolSetupError(Exception):
    """The tools of a run could not be made ready; the message is fit for the user."""


class BrokenAgentError(Exception):
    """An agent's module cannot be used; the message is fit for the user."""


class CutStreamError(Exception):
    """The model's stream broke off inside a message."""


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
    """The error of a run whose agent failed at work; `has_begun_message`: the model was in the middle of a message."""
    cause = error.original_exception if isinstance(error, EventLoopException) else error
    if isinstance(cause, RunError):
        return cause
    if isinstance(cause, ModelThrottledException):
        throttled = "the model service rejects calls because of its rate limit; ask again in a minute"
        return RunError(ErrorCode.THROTTLED, throttled, run_id)
    if isinstance(cause, StructuredOutputException):
        reason = " ".join(str(cause).split())[:_MAX_REASON_CHARS]
        invalid = f"the model gave no answer in the form that the agent asks for: {reason}"
        return RunError(ErrorCode.MODEL_ERROR, invalid, run_id)
    message = _model_message(cause, has_begun_message)
    if message is not None:
        return RunError(ErrorCode.MODEL_ERROR, message, run_id)
    return _internal(run_id)


def _model_message(error: Exception, has_begun_message: bool) -> str | None:
    is_foreign = type(error).__module__.partition(".")[0] in _MODEL_LIBRARIES
    if isinstance(error, CutStreamError) or (is_foreign and has_begun_message):
        return "the model's answer broke off; the text so far is kept, ask again for the rest"
    if isinstance(error, ContextWindowOverflowException):
        return "the conversation is longer than the model can read; start a new session"
    if isinstance(error, MaxTokensReachedException):
        return "the model's answer reached its token limit and broke off; ask for a shorter one"
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "an unknown error")
        advice = "ask again later" if code in _PASSING_CODES else "check the configured model and its permissions"
        return f"the model service returned {code}; {advice}"
    if is_foreign:
        return f"the model service cannot be used ({type(error).__name__}); check that it is reachable, then ask again"
    return None


def _internal(run_id: str) -> RunError:
    return RunError(
        ErrorCode.INTERNAL, f"the agent failed; see the worker's log under run {run_id} for the reason", run_id
    )
