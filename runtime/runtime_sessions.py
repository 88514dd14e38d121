"""Ends an agent's session on AgentCore: what works on after its run has ended is billed, and heard by nobody."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runtime.aws_clients import lean_client
from runtime.environment import RuntimeAddress
from runtime.logs import log

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient


class SessionStop:
    """Stops sessions."""

    def __init__(self, client: "BedrockAgentCoreClient") -> None:
        self._client = client

    @classmethod
    def create(cls) -> "SessionStop":
        return cls(lean_client("bedrock-agentcore", attempts=2, read_timeout=15))

    def stop(self, address: RuntimeAddress, session_id: str) -> str:
        """What became of the session: `stopped`, `ended` (it had before), or `unknown`, which the log explains."""
        try:
            self._client.stop_runtime_session(
                agentRuntimeArn=address.arn, qualifier=address.endpoint, runtimeSessionId=session_id
            )
        except self._client.exceptions.ResourceNotFoundException:
            return "ended"
        except (BotoCoreError, ClientError) as error:
            log("session_stop.failed", level="WARNING", runtime=address.arn, reason=str(error))
            return "unknown"
        return "stopped"
