"""`longrun demo`: the whole of Longrun in one command, on a sandbox of its own that it takes down again."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from cli.conversation import observe
from cli.errors import SUCCESS, CliError
from cli.options import Json
from cli.output import Output
from cli.steps import Steps
from cli.summary import Summary, show
from cli.targets import TargetOptions, find_deployment
from client.run_id import new_run_id
from sandbox import lifecycle
from sandbox.errors import SandboxError
from sandbox.lifecycle import UpOptions

QUESTION = "What was the average effect of the training programme on 1978 earnings?"

Asked = Annotated[str, typer.Option("--question", metavar="TEXT", help="What to ask instead.")]


def demo(question: Asked = QUESTION, as_json: Json = False) -> int:
    """Deploy to a local AWS, ask a question, show the answer, take all down.

    Needs no account and leaves nothing running, also after Ctrl-C. JSON is as for ask, plus {"steps": [...]}.
    """
    output = Output(as_json)
    with Steps(output) as steps, _own_folder() as folder, _terminated_as_interrupted():
        output.line(f"Longrun demo: a local AWS of its own in {folder}, no account needed", style="bold")
        try:
            lifecycle.up(UpOptions(state_dir=folder, port=0), steps.report)
            steps.say("question", question)
            steps.pause()
            output.console.print()
            summary = _ask(output, folder, question)
            show(output, summary)
            output.console.print()
        finally:
            _take_down(folder, steps)
        output.document({**summary.document(), "steps": steps.told})
        if summary.exit_code == SUCCESS:
            shutil.rmtree(folder)
        else:
            steps.say("failed", f"the logs of this sandbox stay in {folder / 'logs'}")
    return summary.exit_code


def _ask(output: Output, folder: Path, question: str) -> Summary:
    deployment = find_deployment(TargetOptions(state=folder))
    summary = Summary(new_run_id())
    observe(output, deployment, None, summary, lambda client: client.start(question, run_id=summary.run_id))
    return summary


def _take_down(folder: Path, steps: Steps) -> None:
    # An impatient second Ctrl-C must not leave the emulator behind.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        steps.say("down", "taking everything down")
        lifecycle.down(folder)
        steps.say("down", "nothing is left running")
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder that stays only if it has logs of a failure to show."""
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
    """A polite kill takes everything down too."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
