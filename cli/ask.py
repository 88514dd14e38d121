"""`longrun ask` and `longrun watch`: a run's events as they happen, then how it came out."""

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from cli.background import BackgroundQuestion, ask_background
from cli.conversation import ARRIVAL_SECONDS, findable, observe
from cli.errors import SUCCESS, CliError
from cli.options import Authorization, Json, Region, Run, Stack, State, Url, User
from cli.output import Output
from cli.run_times import JournalTimes
from cli.summary import Summary, show, show_next
from cli.targets import Deployment, TargetOptions, find_deployment
from client.run_id import new_run_id, patience_with

Question = Annotated[str, typer.Argument(metavar="QUESTION", help="What to ask; - reads it from standard input.")]
Agent = Annotated[
    str | None, typer.Option("--agent", metavar="NAME", help="Which agent; default: the deployment's first.")
]
Session = Annotated[
    str | None,
    typer.Option("--session", metavar="ID", help="Go on with this conversation: the agent remembers its questions."),
]
RunId = Annotated[
    str | None,
    typer.Option("--run-id", metavar="ID", help="Id of the new run; asked twice with the same id, it runs once."),
]
Background = Annotated[
    bool,
    typer.Option(
        "--background", metavar="", help="Have a pipeline of agents work on it in the background, for hours if need be."
    ),
]
Pipeline = Annotated[
    str | None,
    typer.Option(
        "--pipeline",
        metavar="NAME",
        help="With --background: which pipeline; default: the deployment's defaultPipeline.",
    ),
]
Detach = Annotated[
    bool, typer.Option("--detach", metavar="", help="With --background: return at once and leave the run to itself.")
]
After = Annotated[
    int, typer.Option("--after", min=0, metavar="SEQ", help="Begin after this event; 0 shows the run from its start.")
]


def ask(
    question: Question,
    agent: Agent = None,
    session: Session = None,
    run_id: RunId = None,
    background: Background = False,
    pipeline: Pipeline = None,
    detach: Detach = False,
    user: User = None,
    state: State = None,
    stack: Stack = None,
    url: Url = None,
    authorization: Authorization = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Ask an agent, or a pipeline of agents, and watch until the answer is complete.

    Ctrl-C leaves the run alone and says how to come back to it. With --background a run may take hours.

    JSON: run_id, session_id, status, answer, events, first_text_ms, elapsed_ms, error; times count from the sending.
    With --background also files, pipeline, event_id, trace_id; with --detach only run_id, event_id, trace_id.
    """
    _refuse_mixture(background, {"--agent": agent, "--session": session}, {"--pipeline": pipeline, "--detach": detach})
    text = sys.stdin.read() if question == "-" else question
    options = TargetOptions(state, stack, url, authorization, region, user)
    output = Output(as_json)
    if background:
        return ask_background(BackgroundQuestion(text, pipeline, run_id, detach), options, output)
    deployment = find_deployment(options)
    _refuse_member(agent, deployment)
    summary = Summary(run_id or new_run_id())
    with findable(summary, options.words()):
        observe(output, deployment, user, summary, lambda client: client.start(text, agent, session, summary.run_id))
    output.document(summary.document())
    show(output, summary)
    if summary.exit_code == SUCCESS:
        again = f"longrun ask --session {summary.session_id}{options.words()} QUESTION"
        output.line(f"ask on in this conversation: {again}", "dim")
    return summary.exit_code


def watch(
    run: Run,
    after: After = 0,
    user: User = None,
    state: State = None,
    stack: Stack = None,
    url: Url = None,
    authorization: Authorization = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Follow a run from any point: what it has done so far, then live.

    The exit code is the run's, and so are the times, which count from its first event.

    JSON is as for ask, of the events that were shown, with the files of a background run; times are null with --after.
    """
    options = TargetOptions(state, stack, url, authorization, region, user)
    output, deployment = Output(as_json), find_deployment(options)
    summary = Summary(run, times=JournalTimes())
    patience = patience_with(run, ARRIVAL_SECONDS)
    with findable(summary, options.words()):
        observe(output, deployment, user, summary, lambda client: client.watch(run, after, patience))
    output.document(summary.document())
    show(output, summary)
    show_next(output, summary, options.words())
    return summary.exit_code


def _refuse_mixture(background: bool, streamed: Mapping[str, object], behind: Mapping[str, object]) -> None:
    """One word for each way: CliError for an option of the other."""
    wrong = next((name for name, value in (streamed if background else behind).items() if value), None)
    if wrong is None:
        return
    if not background:
        raise CliError("USAGE", f"{wrong} belongs to a background run; add --background")
    advice = "name its agents with --pipeline" if wrong == "--agent" else "it has a conversation of its own"
    raise CliError("USAGE", f"{wrong} belongs to a question that is streamed, not to a background run; {advice}")


def _refuse_member(agent: str | None, deployment: Deployment) -> None:
    """CliError for a pipeline and for an agent that only a pipeline has: they are there, behind the other door."""
    pipelines = deployment.outputs.get("pipelines") or {}
    if agent is None or agent in deployment.outputs.get("agents", ()):
        return
    name = next((name for name, members in pipelines.items() if agent == name or agent in members), None)
    if name is not None:
        sentence = f"'{agent}' works in the background here"
        raise CliError("INVALID_REQUEST", f"{sentence}; ask with --background --pipeline {name} instead of --agent")
