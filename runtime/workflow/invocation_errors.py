"""The failures of an agent's invocation: AgentCore is busy, it rejects the call, or the agent may be at work."""

from enum import Enum
from typing import Final

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ErrorCode

_BUSY: Final = frozenset({402, 409, 429})
"""Quota used up, session in use, rate limit: nothing was delivered, and the same call may succeed later."""

_REQUEST_TIMEOUT: Final = 408
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = "RuntimeClientError"

_REJECTIONS: Final = {
    "AccessDeniedException": "The invoker may not invoke the runtime of agent {agent}: fix its role, then deploy.",
    "ResourceNotFoundException": "AgentCore has no such runtime or endpoint for agent {agent}: deploy it again.",
    "ValidationException": (
        "AgentCore rejected the invocation of agent {agent} as invalid; see the invoker's log for the reason."
    ),
    _CLIENT_ERROR: (
        "Agent {agent} did not start, or returned an error to its invocation; see the agent's log for the reason."
    ),
}
_OTHER_REJECTION: Final = "AgentCore returned {name} for the invocation of agent {agent}; see the invoker's log."


class FailureKind(Enum):
    """What a failed invocation means for the agent's step."""

    BUSY = "nothing was delivered, and the same call may succeed later"
    REJECTED = "nothing was delivered that an agent would work on, and the same call would fail again"
    UNSETTLED = "the agent may be at work; only the journal shows it"


class InvocationError(Exception):
    """An invocation that did not end with the agent's response; code and message are fit for the user."""

    def __init__(self, kind: FailureKind, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message


def classified(error: BotoCoreError | ClientError, agent: str, answers_within: float) -> InvocationError:
    """The failure that botocore's error stands for; the agent had `answers_within` seconds to respond."""
    if isinstance(error, ClientError):
        return _answered(error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"], agent)
    if isinstance(error, exceptions.ReadTimeoutError):
        return held(agent, answers_within)
    if isinstance(error, exceptions.HTTPClientError | exceptions.IncompleteReadError | exceptions.SSLError):
        message = f"The connection to agent {agent} was lost before it had started its work; start the run again."
        return InvocationError(FailureKind.UNSETTLED, ErrorCode.AGENT_LOST, message)
    if isinstance(error, exceptions.ConnectionError):
        message = f"AgentCore could not be reached for agent {agent}; try again later."
        return InvocationError(FailureKind.BUSY, ErrorCode.THROTTLED, message)
    message = f"Agent {agent} could not be invoked ({type(error).__name__}); see the invoker's log."
    return InvocationError(FailureKind.REJECTED, ErrorCode.INTERNAL, message)


def held(agent: str, seconds: float) -> InvocationError:
    """The agent kept the connection open."""
    message = (
        f"Agent {agent} held its invocation open for {seconds:.0f} s without having started its step: "
        "let it respond at once and continue in the background."
    )
    return InvocationError(FailureKind.UNSETTLED, ErrorCode.AGENT_LOST, message)


def ending(agent: str) -> InvocationError:
    """The session that has got the invocation is about to end, and has started nothing."""
    message = f"The session of agent {agent} is ending; its next invocation gets a new one."
    return InvocationError(FailureKind.BUSY, ErrorCode.THROTTLED, message)


def streaming(agent: str) -> InvocationError:
    """The agent started to stream: its work would end with the connection."""
    message = (
        f"Agent {agent} streams its answer, so its work would end with the invoker's connection: "
        "let it respond at once and continue in the background, with its text in the journal."
    )
    return InvocationError(FailureKind.UNSETTLED, ErrorCode.INTERNAL, message)


def _answered(name: str, status: int, agent: str) -> InvocationError:
    if status in _BUSY:
        message = f"AgentCore accepts no invocation of agent {agent} now ({name}); try again later."
        return InvocationError(FailureKind.BUSY, ErrorCode.THROTTLED, message)
    if status == _REQUEST_TIMEOUT or status >= _SERVER_ERROR:
        message = (
            f"AgentCore returned {status} ({name}) before agent {agent} had started its work; start the run again."
        )
        return InvocationError(FailureKind.UNSETTLED, ErrorCode.AGENT_LOST, message)
    code = ErrorCode.AGENT_LOST if name == _CLIENT_ERROR else ErrorCode.INTERNAL
    message = _REJECTIONS.get(name, _OTHER_REJECTION).format(agent=agent, name=name)
    return InvocationError(FailureKind.REJECTED, code, message)
