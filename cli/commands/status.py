"""`longrun status`: whether the sandbox runs, and the state of all parts of a deployment."""

from typing import Annotated

import typer

from cli.commands.sandbox import document, exports, show, show_facts, shown_outputs
from cli.deployment.targets import find_deployment, no_sandbox
from cli.errors import SUCCESS, UNREACHABLE, CliError
from cli.options import Json, Region, Stack, State, TargetOptions
from cli.output import Output
from cli.status.overview import read_overview
from cli.status.reports import NOTHING, Overview
from cli.status.view import show_overview
from sandbox.lifecycle import commands as lifecycle
from sandbox.paths import default_state_dir
from sandbox.state import SandboxState

Env = Annotated[
    bool,
    typer.Option(
        "--env",
        metavar="",
        help='Write the addresses and keys as shell commands and nothing else: eval "$(longrun status --env)".',
    ),
]


def status(
    state: State = None, stack: Stack = None, region: Region = None, env: Env = False, as_json: Json = False
) -> int:
    """Show whether the sandbox is running, and the state of its functions, tables, state machines and runs.

    With --stack it shows a stack on AWS, with your credentials. Exit code 3 if the sandbox is not running. JSON has
    running, endpoint, websocket_url, traced_url, stream_url, region, outputs, environment, connections, runs,
    functions, tables, state_machines, queues and more. The keys change with every start, and whoever has them can run
    code as you: JSON and --env show them.
    """
    output = Output(as_json)
    if stack:
        if env:
            raise CliError("USAGE", "--env writes the addresses of the sandbox; omit --stack")
        return _stack(TargetOptions(state=state, stack=stack, region=region), output)
    folder = (state or default_state_dir()).resolve()
    found = lifecycle.status(folder)
    if env and not as_json:
        if found is None or not found.running:
            raise CliError("NO_SANDBOX", no_sandbox(folder, state))
        typer.echo(exports(found))
        return SUCCESS
    overview = _of_sandbox(found, TargetOptions(state=state, region=region), output)
    output.document({**document(found), **overview.to_json()})
    if found is None:
        output.line(no_sandbox(folder, state))
    else:
        show(output, found)
        show_overview(output.console, overview)
    return SUCCESS if found and found.running else UNREACHABLE


def _of_sandbox(found: SandboxState | None, options: TargetOptions, output: Output) -> Overview:
    """The overview; nothing where nothing runs or is deployed."""
    if found is None or not found.running or not found.websocket_url:
        return NOTHING
    deployment = find_deployment(options)
    with output.busy("reading the state"):
        return read_overview(deployment)


def _stack(options: TargetOptions, output: Output) -> int:
    with output.busy("reading the state"):
        deployment = find_deployment(options)
        overview = read_overview(deployment)
    facts = {
        "running": True,
        "endpoint": deployment.endpoint,
        "websocket_url": deployment.websocket_url,
        "traced_url": deployment.outputs.get("traced_url"),
        "stream_url": deployment.outputs.get("stream_url"),
        "region": deployment.region,
        "outputs": dict(deployment.outputs),
        "environment": {},
    }
    output.document({**facts, **overview.to_json()})
    show_facts(output, {"stack": options.stack, "region": deployment.region, **shown_outputs(deployment.outputs)})
    show_overview(output.console, overview)
    return SUCCESS
