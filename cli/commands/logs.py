"""`longrun logs`: what the deployed functions and agents logged."""

import re
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.deployment.targets import find_deployment
from cli.errors import CliError
from cli.logs.lines import show
from cli.logs.reader import FUNCTIONS, LogReader, deployed_functions
from cli.options import Json, Region, Stack, State, TargetOptions
from cli.output import Output

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
POLL_SECONDS = 1.0
OVERLAP_SECONDS = 15.0
"""CloudWatch shows lines some seconds after they were written, and out of order: each poll reads this far back."""

Run = Annotated[str | None, typer.Argument(metavar="RUN", help="Only lines that contain this run id.")]
Function = Annotated[
    list[str] | None,
    typer.Option("--function", metavar="NAME", help=f"{', '.join(FUNCTIONS)}; may be repeated; default: all."),
]
Since = Annotated[str, typer.Option("--since", metavar="TIME", help="How far back, such as 90s, 10m, 2h, 1d.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", metavar="", help="Continue with new lines until Ctrl-C.")]
All = Annotated[
    bool, typer.Option("--all", metavar="", help="Include the lines that Lambda itself writes (START, END, REPORT).")
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

    They are read from CloudWatch Logs with your AWS credentials, or from the sandbox. JSON has {"lines": [...]}.
    """
    if follow and as_json:
        raise CliError("USAGE", "--follow never ends, so it cannot write one JSON document; omit --json")
    _check(function or ())
    start = time.time() - _seconds(since)
    output = Output(as_json)
    deployment = find_deployment(TargetOptions(state=state, stack=stack, region=region))
    reader = LogReader(deployment, function or deployed_functions(deployment), run, everything)
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


def _seconds(since: str) -> int:
    match = re.fullmatch(r"(\d+)([smhd])", since)
    if match is None:
        raise CliError("USAGE", f"--since is '{since}'; write a number with s, m, h or d, such as 10m")
    return int(match[1]) * UNITS[match[2]]
