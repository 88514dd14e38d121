"""`longrun ask` and `longrun watch`: a run's events as they happen, then its outcome."""

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from cli.commands.background import BackgroundQuestion, ask_background
from cli.deployment.connection import ARRIVAL_SECONDS
from cli.deployment.deployment import Deployment
from cli.deployment.targets import find_deployment
from cli.errors import SUCCESS, CliError
from cli.options import Json, Run, TargetOptions
from cli.output import Output
from cli.runs.follow import follow_run, way_to_resume
from cli.runs.summary import Summary, show, show_next
from cli.runs.times import JournalTimes
from client import new_run_id
from contract.run_ids import seconds_left

Question = Annotated[str, typer.Argument(metavar="QUESTION", help="What to ask; - reads it from standard input.")]
Agent = Annotated[
    str | None, typer.Option("--agent", metavar="NAME", help="The agent to ask; default: the deployment's first agent.")
]
Session = Annotated[
    str | None,
    typer.Option("--session", metavar="ID", help="Continue this conversation: the agent remembers its questions."),
]
RunId = Annotated[
    str | None,
    typer.Option("--run-id", metavar="ID", help="Id of the new run; a question sent twice with the same id runs once."),
]
Background = Annotated[
    bool,
    typer.Option(
        "--background",
        metavar="",
        help="Let a pipeline of agents work on it in the background, for hours if necessary.",
    ),
]
Pipeline = Annotated[
    str | None,
    typer.Option(
        "--pipeline",
        metavar="NAME",
        help="With --background: the pipeline; default: the deployment's defaultPipeline.",
    ),
]
Detach = Annotated[
    bool, typer.Option("--detach", metavar="", help="With --background: return at once; the run continues.")
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        metavar="TEXT",
        help="Answer the run's next question ahead of time; may be repeated, in the order of the questions.",
    ),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", metavar="", help="Return when the run waits for an answer, with exit code 4."),
]
After = Annotated[
    int, typer.Option("--after", min=0, metavar="SEQ", help="Start after this event; 0 shows the run from its start.")
]


def ask(
    question: Question,
    agent: Agent = None,
    session: Session = None,
    run_id: RunId = None,
    background: Background = False,
    pipeline: Pipeline = None,
    detach: Detach = False,
    answers: Answers = None,
    no_wait: NoWait = False,
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> int:
    """Ask an agent or a pipeline of agents, and watch until the answer is complete.

    Ctrl-C does not stop the run; it shows the command that continues watching. With --background a run may take hours.
    A question of the agent is asked here; without a terminal, stderr gets the command that answers it.

    JSON: run_id, session_id, status, answer, events, first_text_ms, elapsed_ms, error; times count from sending; with
    --no-wait, questions has those that are open. With --background, in addition files, pipeline, event_id, trace_id;
    with --detach only run_id, event_id, trace_id.
    """
    _check_options(background, {"--agent": agent, "--session": session}, {"--pipeline": pipeline, "--detach": detach})
    text = sys.stdin.read() if question == "-" else question
    output, deployment = Output(as_json), find_deployment(target)
    if background:
        asked = BackgroundQuestion(text, pipeline, run_id, detach, tuple(answers or ()), wait=not no_wait)
        return ask_background(asked, deployment, target, output)
    _check_agent(agent, deployment)
    summary = Summary(run_id or new_run_id())
    with way_to_resume(summary, deployment, target):
        follow_run(
            output,
            deployment,
            target,
            summary,
            lambda client: client.start(text, agent, session, summary.run_id, answers or ()),
            wait=not no_wait,
        )
    output.document(summary.document())
    show(output, summary)
    if summary.exit_code == SUCCESS:
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


def _check_options(background: bool, streamed: Mapping[str, object], background_only: Mapping[str, object]) -> None:
    """CliError for an option of a background run without --background, and for one of a streamed run with it."""
    wrong = next((name for name, value in (streamed if background else background_only).items() if value), None)
    if wrong is None:
        return
    if not background:
        raise CliError("USAGE", f"{wrong} is for background runs; add --background")
    advice = "choose the agents with --pipeline" if wrong == "--agent" else "a background run has its own conversation"
    raise CliError("USAGE", f"{wrong} is for streamed questions, not for background runs; {advice}")


def _check_agent(agent: str | None, deployment: Deployment) -> None:
    """CliError for a pipeline, and for an agent that only a pipeline has: --agent cannot start them."""
    pipelines = deployment.outputs.get("pipelines") or {}
    if agent is None or agent in deployment.outputs.get("agents", ()):
        return
    name = next((name for name, members in pipelines.items() if agent == name or agent in members), None)
    if name is not None:
        message = f"'{agent}' runs only in the background here"
        raise CliError("INVALID_REQUEST", f"{message}; ask with --background --pipeline {name} instead of --agent")
