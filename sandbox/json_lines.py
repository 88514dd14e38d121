"""JSON lines over the standard streams of a child process: `up` uses them with the supervisor and the program."""

import json
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Thread
from typing import Any

Listener = Callable[[Mapping[str, Any]], None]


class JsonLines:
    """Sends to, and listens to, a process that was started with text pipes."""

    def __init__(self, process: "subprocess.Popen[str]", listener: Listener) -> None:
        """`listener` is called from a thread with each message; the last one is `{"event": "closed"}`."""
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process was started without pipes")
        self._input = process.stdin
        self._output = process.stdout
        self._listener = listener
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def send(self, message: Mapping[str, Any]) -> None:
        with suppress(BrokenPipeError):  # the listener gets `closed`
            self._input.write(json.dumps(message) + "\n")
            self._input.flush()

    def close_input(self) -> None:
        """Closes the process's input."""
        with suppress(BrokenPipeError):
            self._input.close()

    def join(self, seconds: float) -> None:
        """Waits until the listener has got every message, at most `seconds`."""
        self._thread.join(seconds)

    def _listen(self) -> None:
        with self._output as lines:
            for line in lines:
                self._listener(json.loads(line))
        self._listener({"event": "closed"})
