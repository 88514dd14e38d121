"""`longrun ask` and `longrun watch`: a run's events as they happen, then how it came out."""

import sys
from typing import Annotated

import typer

from cli.conversation import findable, observe
from cli.errors import SUCCESS
from cli.options import Authorization, Json, Region, Run, Stack, State, Url, User
from cli.output import Output
from cli.summary import Summary, show
from cli.targets import TargetOptions, find_deployment
from client.run_id import new_run_id

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
After = Annotated[
    int, typer.Option("--after", min=0, metavar="SEQ", help="Begin after this event; 0 shows the run from its start.")
]


def ask(
    question: Question,
    agent: Agent = None,
    session: Session = None,
    run_id: RunId = None,
    user: User = None,
    state: State = None,
    stack: Stack = None,
    url: Url = None,
    authorization: Authorization = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Ask an agent and watch it work until its answer is complete.

    Ctrl-C leaves the run alone and says how to come back to it.

    JSON: run_id, session_id, status, answer, events, first_text_ms, elapsed_ms, error; times count from the sending.
    """
    text = sys.stdin.read() if question == "-" else question
    options = TargetOptions(state, stack, url, authorization, region, user)
    output, deployment = Output(as_json), find_deployment(options)
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

    The exit code is the run's. JSON is as for ask, of the events that were shown.
    """
    options = TargetOptions(state, stack, url, authorization, region, user)
    output, deployment = Output(as_json), find_deployment(options)
    summary = Summary(run)
    with findable(summary, options.words()):
        observe(output, deployment, user, summary, lambda client: client.watch(run, after))
    output.document(summary.document())
    show(output, summary)
    return summary.exit_code
