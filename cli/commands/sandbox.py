"""`longrun up` and `down`: control the local AWS."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from cli.errors import SUCCESS, CliError
from cli.hidden_arguments import hide_argument
from cli.options import Json, Setting, State, settings
from cli.output import Output, printable
from cli.steps import Steps
from sandbox.lifecycle import commands as lifecycle
from sandbox.lifecycle.commands import UpOptions
from sandbox.paths import default_state_dir
from sandbox.state import SandboxState

MONITORED: Final = "monitored"
_HIDDEN: Final = frozenset({MONITORED, "demo_secret"})
_OF_AWS: Final = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"),
    *("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
)
"""Variables with which SDKs would send other keys than the sandbox's, or call AWS in spite of the endpoint."""

Empty = Annotated[
    bool,
    typer.Option("--empty", metavar="", help="Deploy nothing: for `pulumi up --stack local`, which expects port 4600."),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        min=0,
        max=65535,
        metavar="N",
        help="Port of the emulator; 0 uses any free one. Default: 4600 if free.",
    ),
]
ModelUrl = Annotated[
    str | None,
    typer.Option(
        "--model-url",
        metavar="URL",
        envvar="LONGRUN_MODEL_URL",
        show_envvar=False,
        help="Use this OpenAI-compatible server instead of the scripted model; "
        "its key is read from LONGRUN_MODEL_API_KEY. Default: LONGRUN_MODEL_URL, which no other user can see.",
    ),
]
ModelName = Annotated[str | None, typer.Option("--model-name", metavar="NAME", help="The model of that server to use.")]
TokenMs = Annotated[
    float | None,
    typer.Option(
        "--token-ms", min=0, max=60_000, metavar="MS", help="Time per token of the scripted model. Default: 20."
    ),
]
FirstTokenMs = Annotated[
    float | None,
    typer.Option(
        "--first-token-ms",
        min=0,
        max=60_000,
        metavar="MS",
        help="Time before the first token of the scripted model. Default: 50.",
    ),
]
Scenarios = Annotated[
    Path | None,
    typer.Option(
        "--scenarios",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Folder of the scripted model's scenarios; default: sandbox/scenarios in the repository.",
    ),
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="NAME[=COUNT]",
        help="Make the model fail at its next COUNT calls (default 1), such as throttle=2; may be repeated. "
        "docs/sandbox.md lists the names.",
    ),
]
TimeScale = Annotated[
    float,
    typer.Option(
        "--time-scale",
        min=0.0001,
        max=1,
        metavar="X",
        show_default=False,
        help="Factor for the waits of state machines: with 0.001, eight hours take half a minute. "
        "Functions and agents are not affected. Default: 1.",
    ),
]
Upload = Annotated[
    bool,
    typer.Option(
        "--upload", metavar="", help="Upload full packages to the emulator, as to AWS, instead of linking folders."
    ),
]


def up(
    empty: Empty = False,
    port: Port = None,
    state: State = None,
    config: Setting = None,
    model_url: ModelUrl = None,
    model_name: ModelName = None,
    token_ms: TokenMs = None,
    first_token_ms: FirstTokenMs = None,
    scenarios: Scenarios = None,
    fault: Faults = None,
    upload: Upload = False,
    time_scale: TimeScale = 1.0,
    as_json: Json = False,
) -> int:
    """Start a local AWS and deploy the program to it.

    It runs in the background until `longrun down`. The first start builds its environments and packages in .longrun.
    """
    _check_model(model_url, model_name)
    sidecar = {
        "model_url": model_url,
        "model_name": model_name,
        "token_ms": token_ms,
        "first_token_ms": first_token_ms,
        "scenario_folder": scenarios and str(scenarios.resolve()),
        "faults": [parse_fault(word) for word in fault or ()],
    }
    options = UpOptions(
        state_dir=(state or default_state_dir()).resolve(),
        port=port,
        empty=empty,
        upload=upload,
        time_scale=time_scale,
        config=settings(config or ()),
        sidecar={name: value for name, value in sidecar.items() if value is not None},
    )
    return start(options, state, Output(as_json))


def _check_model(url: str | None, name: str | None) -> None:
    if url and ("@" in url or "?" in url):
        hide_argument(url)
    if name and not url:
        raise CliError("USAGE", "--model-name is a model of the server at --model-url; give both")


def start(options: UpOptions, state: Path | None, output: Output) -> int:
    """Starts the sandbox and shows it. `state` is the folder as the user gave it, for the hint how to stop it."""
    with Steps(output) as steps:
        found = lifecycle.up(options, steps.report)
        words = f" --state {shlex.quote(str(state))}" if state else ""
        if options.empty:
            steps.say("up", f'its keys, for boto3, aws and pulumi: eval "$(longrun status --env{words})"')
        else:
            steps.say("up", f"ask it with 'longrun ask QUESTION{words}'")
        steps.say("up", f"stop it with 'longrun down{words}'")
    output.document(document(found))
    show(output, found)
    return SUCCESS


def down(state: State = None, as_json: Json = False) -> int:
    """Stop the local AWS and everything that runs in it.

    Its logs are kept in the state folder. It is not an error if nothing is running.
    """
    output = Output(as_json)
    folder = (state or default_state_dir()).resolve()
    with output.busy("stopping the sandbox"):
        found = lifecycle.down(folder)
    output.document({"stopped": found})
    output.line(f"the sandbox in {folder} is stopped" if found else f"no sandbox was running in {folder}")
    return SUCCESS


def parse_fault(word: str) -> dict[str, str | int]:
    """The sidecar's request for `name` or `name=count`. CliError for a count that is not a number."""
    name, separator, count = word.partition("=")
    if separator and not count.isdecimal():
        raise CliError("USAGE", f"--fault is '{word}'; write it as name or name=count, such as throttle=2")
    return {"name": name, "count": int(count)} if separator else {"name": name}


def document(state: SandboxState | None) -> Mapping[str, Any]:
    """The state as JSON. Without a sandbox it has the same keys."""
    if state is None:
        missing = dict.fromkeys(("endpoint", "websocket_url", "traced_url", "stream_url", "region"))
        return {"running": False, **missing, "outputs": {}, "environment": {}}
    traced_url = state.outputs.get("traced_url")
    urls = {"websocket_url": state.connect_url, "traced_url": traced_url, "stream_url": state.stream_url}
    return {**state.to_json(), **urls, "environment": state.environment()}


def exports(state: SandboxState) -> str:
    """The lines for a shell that set what programs need to use the sandbox, and remove what would lead them to AWS."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in state.environment().items()]
    return "\n".join([f"unset {' '.join(_OF_AWS)}", *lines])


def show(output: Output, state: SandboxState) -> None:
    """Shows the state as a table."""
    facts: dict[str, Any] = {"running": "yes" if state.running else "no"}
    if state.error:
        facts["error"] = state.error
    facts |= {"endpoint": state.endpoint, "region": state.region, "started": state.started_at}
    facts |= {"processes": ", ".join(f"{name} {pid}" for name, pid in state.pids.items())}
    facts |= shown_outputs(state.outputs) or {"deployed": "nothing"}
    show_facts(output, facts)


def show_facts(output: Output, facts: Mapping[str, Any]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(Text(name, style="dim"), Text(printable(_as_text(value)), overflow="fold"))
    output.console.print(table)


def shown_outputs(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs for people, by name, without the list for `longrun status` and without a secret."""
    return {name: value for name, value in sorted(outputs.items()) if name not in _HIDDEN}


def _as_text(value: object) -> str:
    """A stack output as text; the value of `pipelines` is shown as names with their agents in order."""
    match value:
        case list() | tuple():
            return ", ".join(map(str, value))
        case Mapping():
            return "; ".join(f"{name}: {_in_order(part)}" for name, part in value.items())
        case _:
            return str(value)


def _in_order(part: object) -> str:
    return " → ".join(map(str, part)) if isinstance(part, list | tuple) else str(part)
