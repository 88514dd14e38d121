"""`longrun demo`: all of Longrun in one command, in its own sandbox, which it stops at the end."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from cli.deployment.targets import find_deployment
from cli.errors import SUCCESS, CliError
from cli.options import Json, TargetOptions
from cli.output import Output
from cli.runs.follow import follow_run
from cli.runs.summary import Summary, show
from cli.steps import Steps
from client import new_run_id
from sandbox.errors import SandboxError
from sandbox.lifecycle import commands as lifecycle
from sandbox.lifecycle.commands import UpOptions

QUESTION = "What was the average effect of the training programme on 1978 earnings?"

Question = Annotated[str, typer.Option("--question", metavar="TEXT", help="The question to ask instead.")]


def demo(question: Question = QUESTION, as_json: Json = False) -> int:
    """Deploy to a local AWS, ask a question, show the answer, and stop everything.

    Needs no account and leaves nothing running, even after Ctrl-C. JSON is as for ask, plus {"steps": [...]}.
    """
    output = Output(as_json)
    with Steps(output) as steps, _own_folder() as folder, _terminated_as_interrupted():
        output.line(f"Longrun demo: a local AWS in {folder}, no account needed", style="bold")
        try:
            lifecycle.up(UpOptions(state_dir=folder, port=0), steps.report)
            steps.say("question", question)
            steps.pause()
            output.console.print()
            summary = _ask(output, folder, question)
            show(output, summary)
            output.console.print()
        finally:
            _stop(folder, steps)
        output.document({**summary.document(), "steps": steps.written})
        if summary.exit_code == SUCCESS:
            shutil.rmtree(folder)
        else:
            steps.say("failed", f"the logs of this sandbox are kept in {folder / 'logs'}")
    return summary.exit_code


def _ask(output: Output, folder: Path, question: str) -> Summary:
    deployment = find_deployment(TargetOptions(state=folder))
    summary = Summary(new_run_id())
    follow_run(
        output, deployment, TargetOptions(), summary, lambda client: client.start(question, run_id=summary.run_id)
    )
    return summary


def _stop(folder: Path, steps: Steps) -> None:
    # A second Ctrl-C must not leave the emulator running.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        steps.say("down", "stopping everything")
        lifecycle.down(folder)
        steps.say("down", "nothing is left running")
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A temporary folder that is kept only if it has the logs of a failure."""
    folder = Path(tempfile.mkdtemp(prefix="longrun-demo-"))
    try:
        yield folder
    except (CliError, SandboxError):
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Handles SIGTERM as Ctrl-C, so that everything is stopped."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
