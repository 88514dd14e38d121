"""`longrun logs`: what the deployed functions wrote, read from CloudWatch Logs."""

import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import CliError, one_sentence
from cli.log_lines import LogLine, show
from cli.options import Json, Region, Stack, State
from cli.output import Output
from cli.targets import Deployment, TargetOptions, find_deployment

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

FUNCTIONS = ("gateway", "worker", "closer", "event-door", "invoker", "workflow-closer", "agent")
LATE = "agent"
"""AgentCore makes this log group with its first line."""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
POLL_SECONDS = 1.0
OVERLAP_SECONDS = 15.0
"""CloudWatch shows lines some seconds after they were written, and not in their order: a look goes that far back."""

EMULATOR_KEY = "test"

Run = Annotated[str | None, typer.Argument(metavar="RUN", help="Only lines that carry this run id.")]
Function = Annotated[
    list[str] | None,
    typer.Option("--function", metavar="NAME", help=f"{', '.join(FUNCTIONS)}; may be repeated; default: all."),
]
Since = Annotated[str, typer.Option("--since", metavar="TIME", help="How far back, such as 90s, 10m, 2h, 1d.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", metavar="", help="Go on with new lines until Ctrl-C.")]
All = Annotated[
    bool, typer.Option("--all", metavar="", help="Also the lines that Lambda itself writes (START, END, REPORT).")
]


def logs(
    run: Run = None,
    function: Function = None,
    since: Since = "1h",
    follow: Follow = False,
    everything: All = False,
    state: State = None,
    stack: Stack = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Show the logs of the deployed functions and agents.

    They come from CloudWatch Logs, with the AWS credentials at hand, or from the sandbox. JSON has {"lines": [...]}.
    """
    if follow and as_json:
        raise CliError("USAGE", "--follow never ends, so it cannot write one JSON document; leave --json out")
    _check(function or ())
    start = time.time() - _seconds(since)
    output = Output(as_json)
    deployment = find_deployment(TargetOptions(state=state, stack=stack, region=region))
    reader = LogReader(deployment, function or _known(deployment), run, everything)
    with output.busy("reading the logs"):
        lines = reader.read(start)
    output.document({"lines": [line.to_json() for line in lines]})
    for line in lines:
        show(output.console, line)
    if not lines and not follow:
        output.line(f"no lines since {since}" + (f" for run {run}" if run else ""))
    while follow:
        time.sleep(POLL_SECONDS)
        for line in reader.read(time.time() - OVERLAP_SECONDS - POLL_SECONDS):
            show(output.console, line)


def _check(names: Sequence[str]) -> None:
    for name in names:
        if name not in FUNCTIONS:
            raise CliError("USAGE", f"--function is '{name}'; it can be {', '.join(FUNCTIONS)}")


def _known(deployment: Deployment) -> Sequence[str]:
    """Those whose logs the deployment names; one that streams only has the first three."""
    return [name for name in FUNCTIONS if deployment.outputs.get(_output(name))] or FUNCTIONS


def _output(function: str) -> str:
    return f"{function.replace('-', '_')}_log_group"


def _seconds(since: str) -> int:
    match = re.fullmatch(r"(\d+)([smhd])", since)
    if match is None:
        raise CliError("USAGE", f"--since is '{since}'; write a number with s, m, h or d, such as 10m")
    return int(match[1]) * UNITS[match[2]]


class LogReader:
    """Reads each line once, however often it looks."""

    def __init__(self, deployment: Deployment, functions: Sequence[str], run_id: str | None, platform: bool) -> None:
        self._client = _client(deployment)
        self._groups = [(name, _log_group(deployment, name)) for name in functions]
        self._run_id = run_id
        self._platform = platform
        self._seen: set[str] = set()

    def read(self, start: float) -> list[LogLine]:
        """The lines since `start` (epoch seconds) that were not read before, in the order of their time."""
        try:
            found = [line for name, group in self._groups for line in self._lines(name, group, start)]
        except (ClientError, BotoCoreError) as error:
            raise CliError("UNREACHABLE", f"CloudWatch Logs cannot be read: {one_sentence(str(error))}") from error
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
    # The emulator gives its lines no id.
    return event.get("eventId") or f"{event['logStreamName']} {event['timestamp']} {event['message']}"


def _client(deployment: Deployment) -> "CloudWatchLogsClient":
    # The emulator takes any key, and the user's own are none of its business.
    key = EMULATOR_KEY if deployment.endpoint else None
    client: CloudWatchLogsClient = boto3.client(
        "logs",
        region_name=deployment.region,
        endpoint_url=deployment.endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=key,
        config=Config(retries={"total_max_attempts": 3}, connect_timeout=5),
    )
    return client


def _log_group(deployment: Deployment, function: str) -> str:
    group = deployment.outputs.get(_output(function))
    if not group:
        sentence = f"{deployment.name} has no output '{_output(function)}', so its logs cannot be found"
        raise CliError("STACK_UNREADABLE", sentence)
    return str(group)
