"""The list of commands. A command's module is imported only when it is called, so that help is instant."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer

HELP = "Longrun: AI agents on AWS whose work outlives the request that started it."
EPILOG = (
    "Exit codes: 0 success, 1 failed run or refused request, 2 usage or configuration, "
    "3 no sandbox or unreachable deployment, 130 Ctrl-C."
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command's place: its function is `<module>.<name>`, `summary` is the first line of that function's help."""

    name: str
    module: str
    panel: str
    summary: str


AGENTS = "Ask an agent"
SANDBOX = "Local AWS (sandbox)"
PROJECT = "Project"

COMMANDS = (
    Command("ask", "cli.ask", AGENTS, "Ask an agent, or a pipeline of agents, and watch until the answer is complete."),
    Command("watch", "cli.ask", AGENTS, "Follow a run from any point: what it has done so far, then live."),
    Command("runs", "cli.runs", AGENTS, "List your newest runs."),
    Command("cancel", "cli.runs", AGENTS, "Stop a run; what it has written so far is kept."),
    Command("report", "cli.report", AGENTS, "Bring what a run made to a folder, and read its report."),
    Command("trace", "cli.trace", AGENTS, "Show where a background run's time went, from its event to its end."),
    Command("logs", "cli.logs", AGENTS, "Show the logs of the deployed functions and agents."),
    Command("demo", "cli.demo", SANDBOX, "Deploy to a local AWS, ask a question, show the answer, take all down."),
    Command("up", "cli.sandbox", SANDBOX, "Start a local AWS and deploy the program to it."),
    Command("down", "cli.sandbox", SANDBOX, "Stop the local AWS and everything that runs in it."),
    Command("status", "cli.sandbox", SANDBOX, "Tell whether the sandbox runs, and its addresses."),
    Command("check", "cli.check", PROJECT, "Hold the program's resources against the policy rules."),
    Command("doctor", "cli.doctor", PROJECT, "Look over this machine: what is there, what is missing, what to do."),
)


def _listed() -> None:
    """Stands for a command that this call only lists."""


def _function(command: Command) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(import_module(command.module), command.name)
    return function


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  20 ms that only this option needs

        typer.echo(f"longrun {version('longrun')}")
        raise typer.Exit


def _main(
    _version: bool = typer.Option(
        False, "--version", metavar="", callback=_show_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Carries the options of `longrun` itself."""


def create_app(called: str | None) -> typer.Typer:
    """The command line with the `called` command in full; of the others, names and summaries."""
    app = typer.Typer(
        help=HELP,
        epilog=EPILOG,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_main)
    for command in COMMANDS:
        if command.name == called:
            app.command(command.name, rich_help_panel=command.panel)(_function(command))
        else:
            app.command(command.name, rich_help_panel=command.panel, help=command.summary)(_listed)
    return app
