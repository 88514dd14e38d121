"""Replacements for the start, the waits and the end of executions."""

import contextvars
import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.emulator_process.emulated.replies import Answer, Json
from sandbox.emulator_process.step_functions.module import Names, fail

UNCAUGHT: Final = frozenset({"States.DataLimitExceeded", "States.Runtime"})
"""Errors that end an execution although a Catch names them."""

ENDED: Final = "Sandbox.ExecutionEnded"
"""The error that unwinds the thread of an execution that has ended; it is never reported."""

_BAD_REQUEST: Final = 400
_IDENTITY: Final = ("stateMachineArn", "name", "input", "status")


@dataclass(eq=False, slots=True)
class Running:
    """One execution and its clock, on which waits count at their full length whatever the time scale is."""

    execution: dict[str, Any]
    limit: float
    started: float = field(default_factory=time.monotonic)
    skipped: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)
    callbacks: set[threading.Event] = field(default_factory=set)

    def left(self) -> float:
        """Seconds until the machine's limit."""
        return max(self.limit - (time.monotonic() - self.started) - self.skipped, 0.0)

    def end(self) -> None:
        """Wakes all waits of the execution."""
        self.ended.set()
        for callback in tuple(self.callbacks):
            callback.set()


running_here: Final[contextvars.ContextVar[Running | None]] = contextvars.ContextVar("running", default=None)
"""The execution that this thread runs."""


class Executions:
    """The replacements, with the names of the functions that they replace; `original` has MiniStack's own."""

    def __init__(self, names: Names, original: Mapping[str, Callable[..., Any]]) -> None:
        self._names = names
        self._original = original
        self._running: dict[str, Running] = {}

    def start_execution(self, data: Json) -> Answer:
        """Returns the running execution where name, machine and input are the same; MiniStack reports an error."""
        answer: Answer = self._original["_start_execution"](data)
        if answer[0] == _BAD_REQUEST and "ExecutionAlreadyExists" in str(answer):
            machine = self._names["_resolve_state_machine_arn"](data["stateMachineArn"])
            wanted = (machine, data["name"], data.get("input", "{}"), "RUNNING")
            for found in list(self._names["_executions"].values()):
                if tuple(found[key] for key in _IDENTITY) == wanted:
                    known = {key: found[key] for key in ("executionArn", "startDate")}
                    answer = self._names["json_response"](known)
        return answer

    def stop_execution(self, data: Json) -> Answer:
        """Ends the execution's waits too."""
        answer: Answer = self._original["_stop_execution"](data)
        running = self._running.get(data.get("executionArn", ""))
        if running and running.execution["status"] != "RUNNING":
            running.end()
        return answer

    def run_execution(self, exec_arn: str) -> None:
        """Runs an execution within the machine's time limit. MiniStack starts a thread for each execution."""
        execution = self._names["_executions"].get(exec_arn)
        if execution is None:
            return
        running = self._running[exec_arn] = Running(execution, self._limit(execution))
        running_here.set(running)
        # A Timer raises OverflowError above TIMEOUT_MAX.
        seconds = min(running.limit, threading.TIMEOUT_MAX)
        timer = threading.Timer(seconds, contextvars.copy_context().run, (self._time_out, running))
        timer.daemon = True
        if running.limit < math.inf:
            timer.start()
        try:
            self._original["_run_execution"](exec_arn)
        finally:
            timer.cancel()
            del self._running[exec_arn]

    def fail_execution(self, execution: Json, error: str, cause: str) -> None:
        """Fails the execution unless it has already ended."""
        if execution["status"] == "RUNNING":
            self._original["_fail_execution"](execution, error, cause)

    def add_event(self, execution: Json, event_type: str, details: Json = None) -> Json:
        """Adds an event unless the execution has ended, except the event of the end itself."""
        if execution["status"] == "RUNNING" or event_type.startswith("Execution"):
            return self._original["_add_event"](execution, event_type, details)
        return None

    def error_matches(self, error_equals: Json, error: str) -> bool:
        """Returns whether a Retry or a Catch applies to the error."""
        running = running_here.get()
        if error in UNCAUGHT or (running and running.ended.is_set()):
            return False
        return bool(self._original["_error_matches"](error_equals, error))

    def scaled_sleep(self, seconds: float) -> None:
        """Waits, at most until the execution ends or the machine's time limit is reached."""
        running = running_here.get()
        if running is None:
            self._original["_scaled_sleep"](seconds)
            return
        counted = min(seconds, running.left())
        real = counted * self._names["_SFN_WAIT_SCALE"]
        if not running.ended.wait(real):
            running.skipped += counted - real
            if counted == seconds:
                return
            self._time_out(running)
        fail(self._names, ENDED)

    def _limit(self, execution: Json) -> float:
        machine = self._names["_state_machines"].get(execution["stateMachineArn"]) or {}
        try:
            return float(json.loads(machine["definition"]).get("TimeoutSeconds", math.inf))
        except (KeyError, ValueError, TypeError, AttributeError):
            return math.inf  # MiniStack reports the error itself

    def _time_out(self, running: Running) -> None:
        execution = running.execution
        if execution["status"] == "RUNNING":
            execution |= {"status": "TIMED_OUT", "stopDate": self._names["now_iso"]()}
            details = {"executionTimedOutEventDetails": {"error": "States.Timeout"}}
            self.add_event(execution, "ExecutionTimedOut", details)
            self._names["_emit_execution_status_event"](execution)
        running.end()
