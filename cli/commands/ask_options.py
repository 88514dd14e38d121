"""The options of `longrun ask` that say how a run starts."""

from dataclasses import dataclass
from typing import Annotated

import typer

from cli.errors import CliError
from contract.limits import IF_BUSY

Agent = Annotated[
    str | None,
    typer.Option(
        "--agent",
        metavar="NAME",
        help="The agent to ask; default: the first of agents, with --workflow the deployment's workflowAgent.",
    ),
]
Session = Annotated[
    str | None,
    typer.Option("--session", metavar="ID", help="Continue this conversation: the agent remembers its questions."),
]
IfBusy = Annotated[
    str | None,
    typer.Option(
        "--if-busy",
        metavar="POLICY",
        help="With --session, while a run of it is active: reject the question (default), queue it, or steer that run.",
    ),
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
    bool,
    typer.Option("--detach", metavar="", help="With --background or --workflow: return at once; the run continues."),
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        metavar="TEXT",
        help="Answer the run's next question ahead of time; may be repeated, in the order of the questions.",
    ),
]
Workflow = Annotated[
    bool,
    typer.Option(
        "--workflow", metavar="", help="Let the ReAct workflow answer: each step is a state that can be seen."
    ),
]


@dataclass(frozen=True, slots=True)
class StartOptions:
    """The options as given; a command with a parameter of this type has all of them (see `cli.option_groups`)."""

    agent: Agent = None
    session: Session = None
    if_busy: IfBusy = None
    run_id: RunId = None
    background: Background = False
    workflow: Workflow = False
    pipeline: Pipeline = None
    detach: Detach = False
    answers: Answers = None

    def validate(self) -> None:
        """CliError for options that do not belong to one way of starting a run."""
        if self.if_busy is not None and self.if_busy not in IF_BUSY:
            raise CliError("USAGE", f"--if-busy is '{self.if_busy}'; it can be {', '.join(IF_BUSY)}")
        if self.if_busy is not None and (self.background or self.workflow or self.session is None):
            raise CliError("USAGE", "--if-busy is for streamed questions of a session; add --session ID")
        if self.background and self.workflow:
            raise CliError("USAGE", "--background and --workflow are two ways to start a run; give one of them")
        if self.background:
            self._validate_background()
        elif self.pipeline or (self.detach and not self.workflow):
            name = "--pipeline" if self.pipeline else "--detach"
            also = " or --workflow" if name == "--detach" else ""
            raise CliError("USAGE", f"{name} is for background runs; add --background{also}")

    def _validate_background(self) -> None:
        advice = {"--agent": "choose the agents with --pipeline"}
        for name, value in {"--agent": self.agent, "--session": self.session}.items():
            if value:
                why = advice.get(name, "a background run has its own conversation")
                raise CliError("USAGE", f"{name} is for streamed questions, not for background runs; {why}")
