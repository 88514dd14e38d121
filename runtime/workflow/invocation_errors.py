"""What a failed invocation of an agent says: that the agent is busy, that it is refused, or that it may be at work."""

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

_REFUSALS: Final = {
    "AccessDeniedException": "The invoker may not invoke the runtime of agent {agent}: mend its role, then deploy.",
    "ResourceNotFoundException": "AgentCore has no such runtime or endpoint for agent {agent}: deploy it again.",
    "ValidationException": "AgentCore takes the invocation of agent {agent} for invalid: the invoker's log tells why.",
    _CLIENT_ERROR: "Agent {agent} did not start, or answered its invocation with an error: the agent's log tells why.",
}
_OTHER_REFUSAL: Final = "AgentCore answered {name} to the invocation of agent {agent}: the invoker's log tells more."


class Verdict(Enum):
    """What a failed invocation means for the agent's step."""

    BUSY = "nothing was delivered, and the same call may succeed later"
    REFUSED = "nothing was delivered that would be worked on, and no repeat would change that"
    UNSETTLED = "the agent may be at work: only the journal knows"


class InvocationError(Exception):
    """An invocation that did not end with the agent's answer; code and message are fit for the user."""

    def __init__(self, verdict: Verdict, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.code = code
        self.message = message


def classified(error: BotoCoreError | ClientError, agent: str, answers_within: float) -> InvocationError:
    """What botocore's error means; the agent had so many seconds to answer."""
    if isinstance(error, ClientError):
        return _answered(error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"], agent)
    if isinstance(error, exceptions.ReadTimeoutError):
        return held(agent, answers_within)
    if isinstance(error, exceptions.HTTPClientError | exceptions.IncompleteReadError | exceptions.SSLError):
        sentence = f"The connection to agent {agent} was lost before it had begun its work: start the run again."
        return InvocationError(Verdict.UNSETTLED, ErrorCode.AGENT_LOST, sentence)
    if isinstance(error, exceptions.ConnectionError):
        sentence = f"AgentCore could not be reached for agent {agent}: try again later."
        return InvocationError(Verdict.BUSY, ErrorCode.THROTTLED, sentence)
    sentence = f"Agent {agent} could not be invoked ({type(error).__name__}): the invoker's log tells more."
    return InvocationError(Verdict.REFUSED, ErrorCode.INTERNAL, sentence)


def held(agent: str, seconds: float) -> InvocationError:
    """The agent kept the connection open."""
    sentence = (
        f"Agent {agent} held its invocation open for {seconds:.0f} s without having begun its step: "
        "let it answer at once and work on in the background."
    )
    return InvocationError(Verdict.UNSETTLED, ErrorCode.AGENT_LOST, sentence)


def streaming(agent: str) -> InvocationError:
    """The agent began to stream: its work would end with the connection."""
    sentence = (
        f"Agent {agent} streams its answer, so its work would end with the invoker's connection: "
        "let it answer at once and work on in the background, with its text in the journal."
    )
    return InvocationError(Verdict.UNSETTLED, ErrorCode.INTERNAL, sentence)


def _answered(name: str, status: int, agent: str) -> InvocationError:
    if status in _BUSY:
        sentence = f"AgentCore takes no invocation of agent {agent} now ({name}): try again later."
        return InvocationError(Verdict.BUSY, ErrorCode.THROTTLED, sentence)
    if status == _REQUEST_TIMEOUT or status >= _SERVER_ERROR:
        sentence = f"AgentCore answered {status} ({name}) before agent {agent} had begun its work: start the run again."
        return InvocationError(Verdict.UNSETTLED, ErrorCode.AGENT_LOST, sentence)
    code = ErrorCode.AGENT_LOST if name == _CLIENT_ERROR else ErrorCode.INTERNAL
    sentence = _REFUSALS.get(name, _OTHER_REFUSAL).format(agent=agent, name=name)
    return InvocationError(Verdict.REFUSED, code, sentence)
