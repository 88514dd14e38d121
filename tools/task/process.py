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
from typing import Any, Final, Protocol

from contract.react_steps import TASK_TOKEN
from tools.task.forked import fork

_FORKS: Final = sys.platform == "linux"
_MODULE: Final = "tools.task.tool_child"
_READ_BYTES: Final = 64 * 1024
_DRAIN_SECONDS: Final = 5.0

OnLine = Callable[[str], None]


class Process(Protocol):
    """What a ToolProcess needs: subprocess.Popen, or a ForkedProcess."""

    pid: int

    def wait(self, timeout: float | None = None) -> int: ...


class ToolProcess:
    """One call. `reason` is why this process ended it (late, stopped or over), None where it ended by itself."""

    def __init__(self, process: Process, answer: int, output: int, on_line: OnLine) -> None:
        self.reason: str | None = None
        self._process = process
        self._answer = b""
        self._readers = [
            Thread(target=self._read_answer, args=(answer,), daemon=True),
            Thread(target=self._read_lines, args=(output, on_line), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @classmethod
    def start(cls, request: Mapping[str, Any], on_line: OnLine, command: Sequence[str] = ()) -> "ToolProcess":
        """Starts the tool. `on_line` gets each line that it prints, in a thread. A `command` is started as a program
        that reads the request from its standard input."""
        answer, answer_end = os.pipe()
        output, output_end = os.pipe()
        process: Process
        try:
            if command or not _FORKS:
                process = _execute(command or (sys.executable, "-m", _MODULE), request, answer_end, output_end)
            else:
                process = fork(lambda: _serve(request, answer_end), output_end, answer_end)
        finally:
            os.close(answer_end)
            os.close(output_end)
        return cls(process, answer, output, on_line)

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

    def _read_lines(self, descriptor: int, on_line: OnLine) -> None:
        with os.fdopen(descriptor, "rb") as printed:
            for line in printed:
                on_line(line.decode(errors="replace").rstrip())


def _serve(request: Mapping[str, Any], answer: int) -> int:
    """Runs the tool in a forked process; returns the exit code."""
    os.environ.pop(TASK_TOKEN, None)
    os.environ.update(_fonts())
    from tools.task import tool_child  # noqa: PLC0415  the process that waits for the tool stays small

    return tool_child.serve(request, answer)


def _execute(command: Sequence[str], request: Mapping[str, Any], answer: int, output: int) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(  # noqa: S603  this interpreter with a module of the project
        [*command, str(answer)],
        stdin=subprocess.PIPE,
        stdout=output,
        env=_variables(),
        pass_fds=(answer,),
        process_group=0,
    )
    if process.stdin is not None:
        with suppress(OSError), process.stdin:  # it may have ended already
            process.stdin.write(json.dumps(request).encode())
    return process


def _variables() -> dict[str, str]:
    """This process's own without the token: a tool does not report."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    kept = {name: value for name, value in os.environ.items() if name != TASK_TOKEN}
    return {**kept, **_fonts(), "PYTHONPATH": path}


def _fonts() -> dict[str, str]:
    # Matplotlib writes to its folder, and the home folder of a container is read-only.
    return {"MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR") or str(Path(tempfile.gettempdir()) / "matplotlib")}
