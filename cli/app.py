"""The list of commands. A command's module is imported only when the command is called, so that help is fast."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer

from cli.option_groups import expand_option_groups

HELP = "Longrun: AI agents on AWS whose work outlives the request that started it."
EPILOG = (
    "Exit codes: 0 success, 1 failed run or rejected request, 2 usage or configuration, "
    "3 no sandbox or unreachable deployment, 4 the run waits for an answer (--no-wait), 130 Ctrl-C."
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its function is `<module>.<name>`, and `summary` is the first line of the function's help."""

    name: str
    module: str
    panel: str
    summary: str


AGENTS = "Ask an agent"
SANDBOX = "Local AWS (sandbox)"
PROJECT = "Project"

COMMANDS = (
    Command(
        "ask",
        "cli.commands.ask",
        AGENTS,
        "Ask an agent or a pipeline of agents, and watch until the answer is complete.",
    ),
    Command("watch", "cli.commands.ask", AGENTS, "Follow a run from any event: first its past events, then live ones."),
    Command("runs", "cli.commands.runs", AGENTS, "List your newest runs."),
    Command("answer", "cli.commands.answer", AGENTS, "Answer a question of a run that waits."),
    Command("cancel", "cli.commands.runs", AGENTS, "Stop a run; its text so far is kept."),
    Command("report", "cli.commands.report", AGENTS, "Download the files of a run and show its report."),
    Command("trace", "cli.commands.trace", AGENTS, "Show how long each part of a run took, from its start to its end."),
    Command("logs", "cli.commands.logs", AGENTS, "Show the logs of the deployed functions and agents."),
    Command(
        "token", "cli.commands.token", PROJECT, "Make a token for a caller, revoke one, or make a new key for them."
    ),
    Command(
        "workspace",
        "cli.commands.workspace",
        PROJECT,
        "Manage the workspaces of the streaming endpoint: one secret for each agent that a workspace may ask.",
    ),
    Command(
        "demo",
        "cli.commands.demo",
        SANDBOX,
        "Deploy to a local AWS, ask a question, show the answer, and stop everything.",
    ),
    Command("up", "cli.commands.sandbox", SANDBOX, "Start a local AWS and deploy the program to it."),
    Command("down", "cli.commands.sandbox", SANDBOX, "Stop the local AWS and everything that runs in it."),
    Command(
        "status",
        "cli.commands.status",
        SANDBOX,
        "Show whether the sandbox is running, and the state of its functions, tables, state machines and runs.",
    ),
    Command("check", "cli.commands.check", PROJECT, "Check the program's resources against the policy rules."),
    Command(
        "doctor",
        "cli.commands.doctor",
        PROJECT,
        "Check this machine: what is installed, what is missing, and how to fix it.",
    ),
)


def _listed() -> None:
    """Placeholder for a command that this call only lists."""


def _function(command: Command) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(import_module(command.module), command.name)
    return function


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  takes 20 ms, and only this option needs it

        typer.echo(f"longrun {version('longrun')}")
        raise typer.Exit


def _main(
    _version: bool = typer.Option(
        False, "--version", metavar="", callback=_show_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Has the options of `longrun` itself."""


def create_app(called: str | None) -> typer.Typer:
    """The command line with the `called` command in full, and the names and summaries of the others."""
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
            app.command(command.name, rich_help_panel=command.panel)(expand_option_groups(_function(command)))
        else:
            app.command(command.name, rich_help_panel=command.panel, help=command.summary)(_listed)
    return app
