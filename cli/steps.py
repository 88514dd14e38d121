"""Shows the progress of long work: one line per step with the time since the start, and a spinner on a terminal."""

import time
from types import TracebackType
from typing import Any

from rich.text import Text

from cli.output import Output, printable
from sandbox.lifecycle.commands import Progress

COUNTED = "deployment"
COUNT_SECONDS = 1.0


class Steps:
    """Writes lines such as `  1.2 s  deployment  creating 31 resources`. As a context manager it stops the spinner."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._started = time.monotonic()
        self._written_at: float | None = None
        self._skipped: Progress | None = None
        self.written: list[dict[str, Any]] = []
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
        """Shows the sandbox's progress. Its count of resources changes too fast to read, so one line a second is shown,
        and the last."""
        if (
            progress.stage == COUNTED
            and self._written_at is not None
            and self.elapsed - self._written_at < COUNT_SECONDS
        ):
            self._skipped = progress
            self._spin(f"{progress.stage}: {progress.message}")
        else:
            self.say(progress.stage, progress.message)
            self._written_at = self.elapsed if progress.stage == COUNTED else None

    def say(self, stage: str, message: str) -> None:
        """Writes one step; on a terminal the spinner shows its name until the next step."""
        if self._skipped is not None and self._skipped.stage != stage:
            self._write(self._skipped.stage, self._skipped.message)
        self._skipped = None
        self._write(stage, message)
        self._spin(stage)

    def _write(self, stage: str, message: str) -> None:
        self.written.append({"at_s": round(self.elapsed, 2), "stage": stage, "message": message})
        line = Text.assemble((f"{self.elapsed:6.1f} s  ", "dim"), (f"{stage:<13}", "cyan"), printable(message))
        self._output.console.print(line, soft_wrap=True)

    def _spin(self, text: str) -> None:
        if self._status is not None:
            self._status.update(Text(printable(text), overflow="ellipsis", no_wrap=True))
            self._status.start()

    def pause(self) -> None:
        """Stops the spinner, so that other output may end in the middle of a line; the next step starts it again."""
        if self._status is not None:
            self._status.stop()
