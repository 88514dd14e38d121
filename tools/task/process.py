"""The process of a tool, which its supervisor outlives: whatever becomes of it, the supervisor reports the real end."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, Final

from tools.task.environment import TASK_TOKEN

_MODULE: Final = "tools.task.tool_child"
_READ_BYTES: Final = 64 * 1024
_DRAIN_SECONDS: Final = 5.0

OnLine = Callable[[str], None]


class ToolProcess:
    """One call. `reason` is why this process ended it (late, stopped or over), None where it ended by itself."""

    def __init__(self, process: "subprocess.Popen[bytes]", answer: int, on_line: OnLine) -> None:
        self.reason: str | None = None
        self._process = process
        self._answer = b""
        self._readers = [
            Thread(target=self._read_answer, args=(answer,), daemon=True),
            Thread(target=self._read_lines, args=(on_line,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @classmethod
    def start(cls, request: Mapping[str, Any], on_line: OnLine, command: Sequence[str] = ()) -> "ToolProcess":
        """Starts the tool, which reads the request from its standard input. `on_line` gets each line that it prints,
        in a thread."""
        answer, write_end = os.pipe()
        command = command or (sys.executable, "-m", _MODULE)
        try:
            process = subprocess.Popen(  # noqa: S603  this interpreter with a module of the project
                [*command, str(write_end)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_variables(),
                pass_fds=(write_end,),
                process_group=0,
            )
        finally:
            os.close(write_end)
        if process.stdin is not None:
            with suppress(OSError), process.stdin:  # it may have ended already
                process.stdin.write(json.dumps(request).encode())
        return cls(process, answer, on_line)

    def wait(self, seconds: float) -> int:
        """Returns the exit code, negative for a signal. Kills the process after so many seconds, as late."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.end("late")
            code = self._process.wait()
        self._kill()
        for reader in self._readers:
            reader.join(_DRAIN_SECONDS)
        return code

    @property
    def answer(self) -> Mapping[str, Any]:
        """What the tool has answered; empty where it has not. Known after `wait`."""
        try:
            found = json.loads(self._answer)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def end(self, reason: str) -> None:
        """Kills the process and all that it has started. From any thread, and from a handler of signals."""
        if self.reason is None:
            self.reason = reason
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _read_answer(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as pipe:
            while piece := pipe.read(_READ_BYTES):
                self._answer += piece

    def _read_lines(self, on_line: OnLine) -> None:
        if self._process.stdout is not None:
            with self._process.stdout as printed:
                for line in printed:
                    on_line(line.decode(errors="replace").rstrip())


def _variables() -> dict[str, str]:
    """This process's own without the token: a tool does not report."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    # Matplotlib writes to its folder, and the home folder of a container is read-only.
    fonts = {"MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR") or str(Path(tempfile.gettempdir()) / "matplotlib")}
    kept = {name: value for name, value in os.environ.items() if name != TASK_TOKEN}
    return {**kept, **fonts, "PYTHONPATH": path}
