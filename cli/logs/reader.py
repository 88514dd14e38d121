"""Reads the log groups of a deployment from CloudWatch Logs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.deployment.deployment import Deployment
from cli.errors import CliError, one_line
from cli.logs.lines import LogLine

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

FUNCTIONS = ("authorizer", "gateway", "worker", "closer", "event-door", "invoker", "workflow-closer", "agent", "traced")
"""The functions and agents that have a log group; each has an output `<name>_log_group`."""

LATE = "agent"
"""AgentCore creates this log group with its first line."""


def deployed_functions(deployment: Deployment) -> Sequence[str]:
    """The functions whose log groups the deployment names. A deployment without a workflow has the first three only."""
    return [name for name in FUNCTIONS if deployment.outputs.get(_output(name))] or FUNCTIONS


class LogReader:
    """Reads the log lines of some functions; each line is returned once, however often it is read."""

    def __init__(self, deployment: Deployment, functions: Sequence[str], run_id: str | None, platform: bool) -> None:
        self._client = _client(deployment)
        self._groups = [(name, _log_group(deployment, name)) for name in functions]
        self._run_id = run_id
        self._platform = platform
        self._seen: set[str] = set()

    def read(self, start: float) -> list[LogLine]:
        """The lines since `start` (epoch seconds) that were not read before, ordered by time."""
        try:
            found = [line for name, group in self._groups for line in self._lines(name, group, start)]
        except (ClientError, BotoCoreError) as error:
            raise CliError("UNREACHABLE", f"CloudWatch Logs cannot be read: {one_line(str(error))}") from error
        self._seen.update(line.id for line in found)
        return sorted(found, key=lambda line: line.at)

    def _lines(self, name: str, group: str, start: float) -> Iterator[LogLine]:
        pattern = f'"{self._run_id}"' if self._run_id else ""
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=max(0, int(start * 1000)), filterPattern=pattern
        )
        try:
            for page in pages:
                for event in page["events"]:
                    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).isoformat(timespec="milliseconds")
                    line = LogLine(_identity(event), at.replace("+00:00", "Z"), name, event["message"])
                    if line.id not in self._seen and (self._platform or not line.by_platform):
                        yield line
        except self._client.exceptions.ResourceNotFoundException as error:
            if name == LATE:
                return
            raise CliError("NO_LOG_GROUP", f"the log group {group} of the {name} does not exist") from error


def _identity(event: "FilteredLogEventTypeDef") -> str:
    # The emulator's lines have no id.
    return event.get("eventId") or f"{event['logStreamName']} {event['timestamp']} {event['message']}"


def _client(deployment: Deployment) -> "CloudWatchLogsClient":
    config = Config(retries={"total_max_attempts": 3}, connect_timeout=5)
    client: CloudWatchLogsClient = deployment.session().client("logs", endpoint_url=deployment.endpoint, config=config)
    return client


def _output(function: str) -> str:
    return f"{function.replace('-', '_')}_log_group"


def _log_group(deployment: Deployment, function: str) -> str:
    group = deployment.outputs.get(_output(function))
    if not group:
        message = f"{deployment.name} has no output '{_output(function)}', so its logs cannot be found"
        raise CliError("STACK_UNREADABLE", message)
    return str(group)
