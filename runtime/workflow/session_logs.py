"""The last log lines of an agent's session in CloudWatch Logs, for the journal of a run that was lost."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from runtime.environment import RuntimeAddress
from runtime.process.aws_clients import minimal_client
from runtime.process.logs import log
from runtime.workflow.log_lines import last_lines

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import OutputLogEventTypeDef

_STREAMS: Final = 3
"""A session may be moved to another microVM, which has a stream of its own."""

_EVENTS: Final = 50


class SessionLogs:
    """Reads log groups of AgentCore's runtimes. The client is made at the first lost run: few closings need one."""

    def __init__(self, client: "CloudWatchLogsClient | None" = None, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._clock = clock

    def last_lines(self, address: RuntimeAddress, session_id: str, since: date) -> list[str]:
        """At most five lines of a session that began on that day (UTC) or later, fit for the user; none where there are
        none or the log cannot be read."""
        group = _log_group(address)
        try:
            events = [
                event
                for prefix in self._prefixes(session_id, since)
                for stream in self._streams(group, prefix)
                for event in self._events(group, stream)
            ]
        except (BotoCoreError, ClientError) as error:
            log("session_logs.not_read", level="WARNING", group=group, reason=str(error))
            return []
        return last_lines([event["message"] for event in sorted(events, key=lambda event: event["timestamp"])])

    def _prefixes(self, session_id: str, since: date) -> Iterator[str]:
        """How the names of the session's streams begin: with the day on which their microVM was started."""
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        for day in sorted({since, today - timedelta(days=1), today}):
            if since <= day <= today:
                yield f"{day:%Y/%m/%d}/[runtime-logs-{session_id}]"

    def _streams(self, group: str, prefix: str) -> list[str]:
        found = self._logs().describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix, limit=_STREAMS)
        return [stream["logStreamName"] for stream in found["logStreams"]]

    def _events(self, group: str, stream: str) -> "list[OutputLogEventTypeDef]":
        found = self._logs().get_log_events(
            logGroupName=group, logStreamName=stream, limit=_EVENTS, startFromHead=False
        )
        return found["events"]

    def _logs(self) -> "CloudWatchLogsClient":
        if self._client is None:
            self._client = minimal_client("logs", attempts=2, read_timeout=5)
        return self._client


def _log_group(address: RuntimeAddress) -> str:
    """Which AgentCore itself makes, one for each endpoint."""
    runtime_id = address.arn.rpartition("/")[2]
    return f"/aws/bedrock-agentcore/runtimes/{runtime_id}-{address.endpoint}"
