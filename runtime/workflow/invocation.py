"""One invocation of an agent on AgentCore, which the agent answers at once, whatever it then works on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ErrorCode
from runtime.aws_clients import lean_client
from runtime.environment import RuntimeAddress
from runtime.logs import log
from runtime.tracing.spans import TraceContext
from runtime.workflow.invocation_errors import InvocationError, Verdict, classified, held, streaming

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient

_ANSWERS_WITHIN: Final = 40.0
"""Seconds: a new session starts in a few, and the invoker's own limit is 60."""

_MIN_SESSION_ID_LENGTH: Final = 33
_MAX_REPLY_BYTES: Final = 1_000_000
_PIECE_BYTES: Final = 256
"""Small, since a read waits until it is full: who streams slowly must not keep the clock from being looked at."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What is sent to whom: `payload` is JSON; the agent's name is for sentences."""

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
        # A repeat by botocore would start the agent again, and its refusal (409) would hide that the first is at work.
        return cls(lean_client("bedrock-agentcore", attempts=1, read_timeout=_ANSWERS_WITHIN))

    def invoke(self, invocation: Invocation, trace: TraceContext) -> None:
        """Return when the agent has answered. Raises InvocationError."""
        if len(invocation.session_id) < _MIN_SESSION_ID_LENGTH:
            sentence = (
                f"Session id {invocation.session_id} is shorter than AgentCore's {_MIN_SESSION_ID_LENGTH} characters: "
                "give the run a UUID as its id."
            )
            raise InvocationError(Verdict.REFUSED, ErrorCode.INVALID_REQUEST, sentence)
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
            left = _MAX_REPLY_BYTES
            while left > 0 and (piece := body.read(_PIECE_BYTES)):
                left -= len(piece)
                if self._clock() > until:
                    raise held(agent, self._answers_within)
        finally:
            body.close()
