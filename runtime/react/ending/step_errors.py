"""Errors with which a step leaves its state: the state machine catches them by their names, the handlers of errors read
their code (contract.react_steps.ERROR_CODES)."""

from typing import Final

from contract.errors import ErrorCode


class StepError(Exception):
    """The message is fit for the run's user."""


class ModelError(StepError):
    """The model gave no answer that the agent can go on with."""


class ModelThrottled(StepError):  # noqa: N818  a name in the state machine's history
    """The model's service accepts no more requests now."""


class ToolSetupFailed(StepError):  # noqa: N818  as above
    """The agent's tools could not be made ready."""


class InvalidRun(StepError):  # noqa: N818  as above
    """The run cannot be served as it was asked for."""


class AgentFailed(StepError):  # noqa: N818  as above
    """The agent failed for a reason of its own."""


class JournalBusy(StepError):  # noqa: N818  as above
    """The journal accepts no more requests now."""


_CLASSES: Final[dict[ErrorCode, type[StepError]]] = {
    ErrorCode.MODEL_ERROR: ModelError,
    ErrorCode.THROTTLED: ModelThrottled,
    ErrorCode.TOOL_ERROR: ToolSetupFailed,
    ErrorCode.INVALID_REQUEST: InvalidRun,
}


def step_error(code: ErrorCode, message: str) -> StepError:
    """The error of an agent that failed with that code."""
    return _CLASSES.get(code, AgentFailed)(message)
