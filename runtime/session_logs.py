"""The last words of an agent's session in CloudWatch Logs, for the journal of a run that was lost."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from runtime.aws_clients import lean_client
from runtime.environment import RuntimeAddress
from runtime.log_lines import last_lines
from runtime.logs import log

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_LOOK_BACK: Final = 120.0
"""Seconds before the last sign of life."""

_LIMIT: Final = 1_000


class SessionLogs:
    """Reads log groups of AgentCore's runtimes. The client is made at the first lost run: few closings need one."""

    def __init__(self, client: "CloudWatchLogsClient | None" = None, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._clock = clock

    def last_lines(self, address: RuntimeAddress, session_id: str, last_sign_at: float) -> list[str]:
        """At most five lines about the session since shortly before its last sign (seconds since 1970), fit for the
        user; none where there are none or the log cannot be read."""
        try:
            answer = self._logs().filter_log_events(
                logGroupName=_log_group(address),
                filterPattern=f'"{session_id}"',
                startTime=int((last_sign_at - _LOOK_BACK) * 1000),
                endTime=int(self._clock() * 1000),
                limit=_LIMIT,
                startFromHead=False,
            )
        except (BotoCoreError, ClientError) as error:
            log("session_logs.not_read", level="WARNING", group=_log_group(address), reason=str(error))
            return []
        events = sorted(answer["events"], key=lambda event: event["timestamp"])
        return last_lines([event["message"] for event in events])

    def _logs(self) -> "CloudWatchLogsClient":
        if self._client is None:
            self._client = lean_client("logs", attempts=2, read_timeout=5)
        return self._client


def _log_group(address: RuntimeAddress) -> str:
    """Which AgentCore itself makes, one for each endpoint."""
    runtime_id = address.arn.rpartition("/")[2]
    return f"/aws/bedrock-agentcore/runtimes/{runtime_id}-{address.endpoint}"
