"""`longrun ask --background`: an event on the bus, then the run that it starts."""

from collections.abc import Callable
from dataclasses import dataclass

from cli.conversation import ARRIVAL_SECONDS, findable, finished, observe, target_of
from cli.errors import SUCCESS, CliError
from cli.output import Output
from cli.summary import Summary, show, show_next
from cli.targets import Deployment, TargetOptions, find_deployment
from client import EventBus, RunEvent, Submission
from client.run_id import new_run_id


@dataclass(frozen=True, slots=True)
class BackgroundQuestion:
    """What was asked on the command line."""

    text: str
    pipeline: str | None
    run_id: str | None
    detach: bool


def ask_background(question: BackgroundQuestion, options: TargetOptions, output: Output) -> int:
    """Starts the run, and follows it to its end unless it is to be left alone; the exit code is the run's."""
    deployment = find_deployment(options)
    bus = event_bus(deployment, options.user)
    summary = Summary(question.run_id or new_run_id())
    with findable(summary, options.words()), output.busy("handing the question over"):
        taken = finished(bus.submit(question.text, question.pipeline, summary.run_id))
    summary.accepted(summary.run_id)
    output.line(f"run {summary.run_id}", "bold")
    if question.detach:
        return _left_alone(output, taken, options.words())
    with findable(summary, options.words()):
        observe(
            output,
            deployment,
            options.user,
            summary,
            lambda client: client.watch(summary.run_id, patience=ARRIVAL_SECONDS),
            _refuse_other(question.text),
        )
    output.document(summary.document() | {"pipeline": summary.agent} | _trail(taken))
    show(output, summary)
    show_next(output, summary, options.words())
    return summary.exit_code


def event_bus(deployment: Deployment, user: str | None) -> EventBus:
    """Where this deployment takes background runs. CliError where none is known."""
    if not deployment.outputs:
        sentence = "--url is the address of the WebSocket alone, and a background run begins on the event bus"
        raise CliError("USAGE", f"{sentence}; name the deployment with --stack NAME, or the sandbox with neither")
    name = deployment.outputs.get("event_bus")
    if not name:
        sentence = f"{deployment.name} has no output 'event_bus', so no background run can begin there"
        raise CliError("STACK_UNREADABLE", f"{sentence}; deploy this version of the program to it")
    pipelines = deployment.outputs.get("pipelines") or ()
    return EventBus(str(name), target_of(deployment, user), deployment.endpoint, tuple(map(str, pipelines)))


def _left_alone(output: Output, taken: Submission, words: str) -> int:
    output.document({"run_id": taken.run_id} | _trail(taken))
    output.line(f"it goes on without you; follow it with 'longrun watch {taken.run_id}{words}'")
    return SUCCESS


def _trail(taken: Submission) -> dict[str, str]:
    return {"event_id": taken.event_id, "trace_id": taken.trace_id}


def _refuse_other(question: str) -> Callable[[RunEvent], None]:
    """The bus takes any event, so only the journal tells that the id is an earlier run's."""

    def check(event: RunEvent) -> None:
        if event.type != "RUN_ACCEPTED" or event.data.get("truncated"):
            return
        if event.data.get("question") != question:
            sentence = f"run {event.run_id} was asked another question before, and this one was not taken"
            raise CliError("CONFLICT", f"{sentence}; leave --run-id out")

    return check
