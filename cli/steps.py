"""Tells what long work is doing, a line a step with the time since its start, and a spinner on a terminal."""

import time
from types import TracebackType

from rich.text import Text

from cli.output import Output, printable
from sandbox.lifecycle import Progress


class Steps:
    """Lines such as `  1.2 s  deployment  creating 31 resources`. As a context it leaves no spinner behind."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._started = time.monotonic()
        self._status = output.console.status("") if output.console.is_terminal and not output.as_json else None

    def __enter__(self) -> "Steps":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()

    @property
    def elapsed(self) -> float:
        """Seconds since the first step."""
        return time.monotonic() - self._started

    def report(self, progress: Progress) -> None:
        self.say(progress.stage, progress.message)

    def say(self, stage: str, message: str) -> None:
        """Writes one step; on a terminal the spinner shows its name until the next."""
        line = Text.assemble(
            (f"{self.elapsed:6.1f} s  ", "dim"), (f"{stage:<13}", "cyan"), printable(message), overflow="fold"
        )
        self._output.console.print(line, soft_wrap=True)
        if self._status is not None:
            self._status.update(stage)
            self._status.start()

    def pause(self) -> None:
        """Stops the spinner, so that others may write in the middle of a line; the next step starts it again."""
        if self._status is not None:
            self._status.stop()
