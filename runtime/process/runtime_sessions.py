"""Ends an agent's session on AgentCore: a session that works on after its run has ended is billed for nothing."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runtime.environment import RuntimeAddress
from runtime.process.aws_clients import minimal_client
from runtime.process.logs import log

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient


class RuntimeSessions:
    """The sessions of AgentCore runtimes."""

    def __init__(self, client: "BedrockAgentCoreClient") -> None:
        self._client = client

    @classmethod
    def create(cls) -> "RuntimeSessions":
        return cls(minimal_client("bedrock-agentcore", attempts=2, read_timeout=15))

    def stop(self, address: RuntimeAddress, session_id: str) -> str:
        """Stop a session; returns `stopped`, `ended` (it had before), or `unknown`, which the log explains."""
        try:
            self._client.stop_runtime_session(
                agentRuntimeArn=address.arn, qualifier=address.endpoint, runtimeSessionId=session_id
            )
        except self._client.exceptions.ResourceNotFoundException:
            return "ended"
        except (BotoCoreError, ClientError) as error:
            log("runtime_sessions.stop_failed", level="WARNING", runtime=address.arn, reason=str(error))
            return "unknown"
        return "stopped"
