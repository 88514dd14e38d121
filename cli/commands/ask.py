"""`longrun ask` and `longrun watch`: a run's events as they happen, then its outcome."""

import sys
from collections.abc import Awaitable
from typing import Annotated

import typer

from cli.commands.ask_options import StartOptions
from cli.commands.background import ask_background
from cli.commands.workflow import ask_workflow
from cli.deployment.connection import ARRIVAL_SECONDS
from cli.deployment.deployment import Deployment
from cli.deployment.targets import find_deployment
from cli.errors import SUCCESS, CliError
from cli.options import Json, Run, TargetOptions
from cli.output import Output
from cli.runs.follow import follow_run, way_to_resume
from cli.runs.summary import Summary, show, show_next
from cli.runs.times import JournalTimes
from client import LongrunClient, RunHandle, new_run_id
from contract.run_ids import seconds_left

Question = Annotated[str, typer.Argument(metavar="QUESTION", help="What to ask; - reads it from standard input.")]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", metavar="", help="Return when the run waits for an answer, with exit code 4."),
]
After = Annotated[
    int, typer.Option("--after", min=0, metavar="SEQ", help="Start after this event; 0 shows the run from its start.")
]


def ask(
    question: Question,
    *,
    how: StartOptions,
    no_wait: NoWait = False,
    target: TargetOptions,
    as_json: Json = False,
) -> int:
    """Ask an agent or a pipeline of agents, and watch until the answer is complete.

    Ctrl-C does not stop the run; it shows the command that continues watching. With --background a run may take hours.
    A question of the agent is asked here; without a terminal, stderr gets the command that answers it.

    JSON: run_id, session_id, status, answer, events, first_text_ms, elapsed_ms, error; times count from sending; with
    --no-wait, questions has those that are open. With --background, in addition files, pipeline, event_id, trace_id;
    with --workflow files, execution, trace_id. With --detach only run_id and what these options add, without files.
    """
    how.validate()
    text = sys.stdin.read() if question == "-" else question
    output, deployment = Output(as_json), find_deployment(target)
    if how.background:
        return ask_background(text, how, deployment, target, output, wait=not no_wait)
    if how.workflow:
        return ask_workflow(text, how, deployment, target, output, wait=not no_wait)
    return _ask_streamed(text, how, deployment, target, output, wait=not no_wait)


def _ask_streamed(
    text: str, how: StartOptions, deployment: Deployment, target: TargetOptions, output: Output, *, wait: bool
) -> int:
    _check_agent(how.agent, deployment)
    summary = Summary(how.run_id or new_run_id())

    def start(client: LongrunClient) -> Awaitable[RunHandle]:
        return client.start(text, how.agent, how.session, summary.run_id, how.answers or (), how.if_busy)

    with way_to_resume(summary, deployment, target):
        follow_run(output, deployment, target, summary, start, wait=wait)
    output.document(summary.document())
    show(output, summary)
    if summary.steered_into:
        output.line(f"the active run has it: follow that with 'longrun watch {summary.steered_into}{target.words()}'")
    elif summary.exit_code == SUCCESS:
        follow_up = f"longrun ask --session {summary.session_id}{target.words()} QUESTION"
        output.line(f"continue this conversation: {follow_up}", "dim")
    return summary.exit_code


def watch(
    run: Run,
    after: After = 0,
    no_wait: NoWait = False,
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> int:
    """Follow a run from any event: first its past events, then live ones.

    The exit code is that of the run; times count from its first event. Questions are asked as by ask.

    JSON is as for ask, for the events shown, with the files of a background run; times are null with --after.
    """
    output, deployment = Output(as_json), find_deployment(target)
    summary = Summary(run, times=JournalTimes())
    patience = seconds_left(run, ARRIVAL_SECONDS)
    with way_to_resume(summary, deployment, target):
        follow_run(
            output, deployment, target, summary, lambda client: client.watch(run, after, patience), wait=not no_wait
        )
    output.document(summary.document())
    show(output, summary)
    show_next(output, summary, target.words())
    return summary.exit_code


def _check_agent(agent: str | None, deployment: Deployment) -> None:
    """CliError for a pipeline, and for an agent that only a pipeline has: --agent cannot start them."""
    pipelines = deployment.outputs.get("pipelines") or {}
    if agent is None or agent in deployment.outputs.get("agents", ()):
        return
    name = next((name for name, members in pipelines.items() if agent == name or agent in members), None)
    if name is not None:
        message = f"'{agent}' runs only in the background here"
        raise CliError("INVALID_REQUEST", f"{message}; ask with --background --pipeline {name} instead of --agent")
