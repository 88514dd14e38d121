"""`longrun ask --background`: puts an event on the bus, then follows the run that it starts."""

from collections.abc import Callable

from botocore.credentials import ReadOnlyCredentials

from cli.commands.ask_options import StartOptions
from cli.deployment.connection import ARRIVAL_SECONDS, run_async, target_of
from cli.deployment.deployment import Deployment
from cli.errors import SUCCESS, CliError
from cli.options import TargetOptions
from cli.output import Output
from cli.runs.follow import follow_run, way_to_resume
from cli.runs.summary import Summary, show, show_next
from client import EventBus, RunEvent, Submission, new_run_id


def ask_background(
    question: str, how: StartOptions, deployment: Deployment, target: TargetOptions, output: Output, *, wait: bool
) -> int:
    """Starts the run and, without --detach, follows it to its end. The exit code of the run."""
    bus = event_bus(deployment, target.user)
    summary = Summary(how.run_id or new_run_id())
    with way_to_resume(summary, deployment, target), output.busy("sending the question"):
        submission = run_async(bus.submit(question, how.pipeline, summary.run_id, how.answers or ()))
    summary.accepted(summary.run_id)
    output.line(f"run {summary.run_id}", "bold")
    if how.detach:
        return _detached(output, submission, target.words())
    with way_to_resume(summary, deployment, target):
        follow_run(
            output,
            deployment,
            target,
            summary,
            lambda client: client.watch(summary.run_id, patience=ARRIVAL_SECONDS),
            _check_question(question),
            wait=wait,
        )
    output.document(summary.document() | {"pipeline": summary.agent} | _event_ids(submission))
    show(output, summary)
    show_next(output, summary, target.words())
    return summary.exit_code


def event_bus(deployment: Deployment, user: str | None) -> EventBus:
    """The event bus of the deployment. CliError if none is known."""
    if not deployment.outputs:
        message = "--url gives the WebSocket address only, and a background run starts on the event bus"
        raise CliError("USAGE", f"{message}; give --stack NAME for a stack, or neither for the sandbox")
    name = deployment.outputs.get("event_bus")
    if not name:
        message = f"{deployment.name} has no output 'event_bus', so it cannot start background runs"
        raise CliError("STACK_UNREADABLE", f"{message}; deploy this version of the program to it")
    pipelines = deployment.outputs.get("pipelines") or ()
    target = target_of(deployment, user)
    return EventBus(str(name), target, deployment.endpoint, tuple(map(str, pipelines)), sandbox_keys(deployment))


def sandbox_keys(deployment: Deployment) -> ReadOnlyCredentials | None:
    """The keys of the deployment's sandbox for the client; None on AWS."""
    given = deployment.keys
    return ReadOnlyCredentials(given.key_id, given.secret, None) if given else None


def _detached(output: Output, submission: Submission, words: str) -> int:
    output.document({"run_id": submission.run_id} | _event_ids(submission))
    output.line(f"it runs in the background; follow it with 'longrun watch {submission.run_id}{words}'")
    return SUCCESS


def _event_ids(submission: Submission) -> dict[str, str]:
    return {"event_id": submission.event_id, "trace_id": submission.trace_id}


def _check_question(question: str) -> Callable[[RunEvent], None]:
    """A check of the first event: the bus accepts any event, so only the journal shows that the run id is not new."""

    def check(event: RunEvent) -> None:
        if event.type != "RUN_ACCEPTED" or event.data.get("truncated"):
            return
        if event.data.get("question") != question:
            message = f"run {event.run_id} already exists with another question, and this one was ignored"
            raise CliError("CONFLICT", f"{message}; omit --run-id")

    return check
