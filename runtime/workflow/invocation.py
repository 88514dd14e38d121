"""One invocation of an agent on AgentCore. The agent responds at once, whatever it then works on."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ErrorCode
from contract.fields import is_runtime_session_id, shown
from contract.limits import MAX_SESSION_ID_LENGTH, MIN_RUNTIME_SESSION_ID_LENGTH
from contract.step_request import SESSION_ENDS
from contract.trace_context import TraceContext
from runtime.environment import RuntimeAddress
from runtime.process.aws_clients import minimal_client
from runtime.process.logs import log
from runtime.workflow.invocation_errors import FailureKind, InvocationError, classified, ending, held, streaming

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient

_ANSWERS_WITHIN: Final = 40.0
"""Seconds: a new session starts in a few, and the invoker's own limit is 60."""

_MAX_REPLY_BYTES: Final = 1_000_000
_PIECE_BYTES: Final = 256
"""Small, since a read waits until it is full: an agent that streams slowly must not keep the clock from being read."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What is sent, and to which runtime: `payload` is JSON; the agent's name is for messages."""

    address: RuntimeAddress
    agent: str
    session_id: str
    payload: bytes


class AgentCore:
    """Invokes agents, each call once. `answers_within` is in seconds."""

    def __init__(
        self,
        client: "BedrockAgentCoreClient",
        answers_within: float = _ANSWERS_WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._answers_within = answers_within
        self._clock = clock

    @classmethod
    def create(cls) -> "AgentCore":
        # A retry by botocore would start the agent again, and its conflict (409) would hide that the first is at work.
        return cls(minimal_client("bedrock-agentcore", attempts=1, read_timeout=_ANSWERS_WITHIN))

    def invoke(self, invocation: Invocation, trace: TraceContext) -> None:
        """Return when the agent has responded. Raises InvocationError."""
        if not is_runtime_session_id(invocation.session_id):
            message = (
                f"The session id {shown(invocation.session_id)} is not valid: AgentCore takes "
                f"{MIN_RUNTIME_SESSION_ID_LENGTH} to {MAX_SESSION_ID_LENGTH} letters, digits, hyphens or underscores, "
                "a letter or digit first; give the run a UUID as its id."
            )
            raise InvocationError(FailureKind.REJECTED, ErrorCode.INVALID_REQUEST, message)
        until = self._clock() + self._answers_within
        try:
            self._read(self._call(invocation, trace), invocation.agent, until)
        except (BotoCoreError, ClientError) as error:
            log("invoker.not_answered", level="WARNING", agent=invocation.agent, reason=str(error))
            raise classified(error, invocation.agent, self._answers_within) from error
        finally:
            # A connection kept while the function is frozen breaks at its next use, and that would look like an agent
            # which may be at work.
            self._client.close()

    def _call(self, invocation: Invocation, trace: TraceContext) -> Any:  # noqa: ANN401  boto3's type hides the body's
        return self._client.invoke_agent_runtime(
            agentRuntimeArn=invocation.address.arn,
            qualifier=invocation.address.endpoint,
            runtimeSessionId=invocation.session_id,
            contentType="application/json",
            accept="application/json",
            traceParent=trace.traceparent,
            traceId=trace.xray_header,
            payload=invocation.payload,
        )

    def _read(self, answer: Any, agent: str, until: float) -> None:  # noqa: ANN401  as above
        body = answer["response"]
        try:
            if str(answer.get("contentType", "")).startswith("text/event-stream"):
                raise streaming(agent)
            left, first = _MAX_REPLY_BYTES, b""
            while left > 0 and (piece := body.read(_PIECE_BYTES)):
                left -= len(piece)
                first = first or piece
                if self._clock() > until:
                    raise held(agent, self._answers_within)
            if _is_ending(first):
                raise ending(agent)
        finally:
            body.close()


def _is_ending(reply: bytes) -> bool:
    """Whether the app has started nothing because its session is about to end."""
    try:
        given = json.loads(reply)
    except ValueError:
        return False
    return isinstance(given, dict) and given.get("status") == SESSION_ENDS
