"""Follows a run to its end: shows its events and collects its summary."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from cli.deployment.connection import with_client
from cli.deployment.deployment import Deployment
from cli.deployment.targets import ended_sandbox
from cli.errors import CliError, one_line
from cli.options import TargetOptions
from cli.output import Output
from cli.runs.questions import can_prompt, how_to_answer, leaving, pointing, prompting
from cli.runs.renderer import RunRenderer
from cli.runs.summary import Summary
from client import LongrunClient, LongrunError, RunEvent, RunFile, RunHandle

OTHER_RUN = ("CONFLICT", "NOT_OWNER")
"""Codes that mean: the run with this id is not the caller's run."""

Open = Callable[[LongrunClient], Awaitable[RunHandle]]


def follow_run(
    output: Output,
    deployment: Deployment,
    target: TargetOptions,
    summary: Summary,
    open_run: Open,
    check: Callable[[RunEvent], None] = lambda _event: None,
    *,
    wait: bool = True,
) -> None:
    """Starts or joins a run with `open_run`, shows its events to the end and adds them to `summary`.

    A question is asked on the terminal; without one, stderr gets the command that answers it. Without `wait` it ends
    the command with CliError WAITING. `check` may reject an event by raising a CliError.
    """
    renderer = RunRenderer(output.console)
    words = target.words()
    if not wait:
        on_question = leaving(words, summary.document)
    elif can_prompt(output.console, output.as_json):
        on_question = prompting(output.console, renderer.close, words)
    else:
        on_question = pointing(words)

    async def follow(client: LongrunClient) -> None:
        summary.times.start()
        renderer.waiting("waiting for the deployment")
        run = await open_run(client)
        summary.accepted(run.session_id)
        async for event in run.events(on_question):
            check(event)
            summary.add(event)
            renderer.show(event)
        if summary.is_background:
            summary.files = await _files(client, summary.run_id, renderer)

    try:
        with_client(deployment, target.user, follow)
    finally:
        renderer.close()


async def _files(client: LongrunClient, run_id: str, renderer: RunRenderer) -> Sequence[RunFile] | None:
    """The run's files; None if they cannot be listed, which does not change the outcome of the run."""
    renderer.waiting("listing the run's files")
    try:
        return await client.files(run_id)
    except LongrunError as error:
        renderer.note(f"the run's files cannot be listed: {error.message}")
        return None


@contextmanager
def way_to_resume(summary: Summary, deployment: Deployment, target: TargetOptions) -> Iterator[None]:
    """Adds to every error that leaves a running run the command that continues watching it; where the run ended with
    its local sandbox, that."""
    again = f"longrun watch {summary.run_id}{target.words()}"
    try:
        yield
    except CliError as error:
        if not summary.is_accepted or error.code in OTHER_RUN or error.code == "WAITING":
            raise
        message = ended_sandbox(deployment, target) or (
            f"{one_line(error.message)}; if the deployment is up the run continues; "
            f"follow it with '{again} --after {summary.last_seq}'"
        )
        raise CliError(error.code, message, summary.document()) from error
    except KeyboardInterrupt as error:
        if not summary.is_accepted:
            message = f"stopped by Ctrl-C while run {summary.run_id} was being sent; '{again}' shows whether it started"
            raise CliError("INTERRUPTED", message) from error
        hint = ended_sandbox(deployment, target) or _how_to_go_on(summary, target, again)
        raise CliError("INTERRUPTED", f"stopped watching, {hint}", summary.document()) from error


def _how_to_go_on(summary: Summary, target: TargetOptions, again: str) -> str:
    question = next(iter(summary.questions.all.values()), None)
    stop = f"or stop it with 'longrun cancel {summary.run_id}{target.words()}'"
    if question is None:
        return f"the run continues; follow it with '{again} --after {summary.last_seq}' {stop}"
    answer = how_to_answer(question, summary.run_id, target.words())
    return f"the run waits; answer with '{answer}', follow it with '{again} --after {summary.last_seq}' {stop}"
