"""Replacements for tasks: their limits of time and size, and task tokens."""

import contextvars
import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from policies.rules.aws_limits import STATE_PAYLOAD
from sandbox.emulator_process.emulated.replies import Answer, Json
from sandbox.emulator_process.step_functions.executions import ENDED, running_here
from sandbox.emulator_process.step_functions.module import Names, fail, is_jsonata

PAYLOAD_LIMIT: Final = STATE_PAYLOAD.maximum
"""The limit of a task's result and of its output: bytes of JSON in UTF-8."""

_LIMITS: Final = ("TimeoutSeconds", "HeartbeatSeconds")
_THROTTLED: Final = "TooManyRequestsException"
_BAD_REQUEST: Final = 400

_context_here: Final[contextvars.ContextVar[dict[str, Any]]] = contextvars.ContextVar("context")
"""The context object of the task that this thread runs."""


class Tasks:
    """The replacements, with the names of the functions that they replace; `original` has MiniStack's own."""

    def __init__(self, names: Names, original: Mapping[str, Callable[..., Any]]) -> None:
        self._names = names
        self._original = original
        self._closed: set[str] = set()

    def execute_task(self, state_def: Json, raw_input: Json, execution: Json, ctx: Json) -> Json:
        """Executes a task with its limits as numbers, and with a context of its own, so that no other task sees its
        token."""
        own = dict(ctx)
        before = _context_here.set(own)
        try:
            limited = {**state_def, **self._limits(state_def, raw_input, own)}
            output, following = self._original["_execute_task"](limited, raw_input, execution, own)
        finally:
            _context_here.reset(before)
        return self._within_limit(output), following

    def call_lambda(self, func_ref: str, event: Json) -> Json:
        """Fails with Lambda's own error for a throttled call, as on AWS; MiniStack reports Lambda.Unknown."""
        error_class = self._names["_ExecutionError"]
        try:
            return self._original["_call_lambda"](func_ref, event)
        except error_class as error:
            if error.error == "Lambda.Unknown" and f'"{_THROTTLED}"' in error.cause:
                fail(self._names, f"Lambda.{_THROTTLED}", error.cause)
            raise

    def invoke_resource(self, resource: str, input_data: Json) -> Json:
        """Fails with States.DataLimitExceeded for a result over the payload limit."""
        return self._within_limit(self._original["_invoke_resource"](resource, input_data))

    def invoke_with_callback(self, resource: str, input_data: Json, token: str, state_def: Json) -> Json:
        """Passes the token on, then waits for the result, a missing heartbeat, or the timeout."""
        answered = threading.Event()
        task = {"event": answered, "result": None, "error": None, "heartbeat": None, "last_heartbeat": time.monotonic()}
        # Before the token is passed on: the answer may arrive before that call returns.
        self._names["_task_tokens"][token] = task
        running = running_here.get()
        callbacks = running.callbacks if running else set()
        callbacks.add(answered)
        arguments = (self._deliver, resource.replace(".waitForTaskToken", ""), input_data, task)
        threading.Thread(target=contextvars.copy_context().run, args=arguments, daemon=True).start()
        try:
            self._await(task, state_def)
        finally:
            callbacks.discard(answered)
            # Before the token is removed, so that a late answer is rejected at any moment.
            self._closed.add(token)
            self._names["_task_tokens"].pop(token, None)
            if (own := _context_here.get(None)) is not None:
                own["Task"] = {"Token": self._names["new_uuid"]()}  # for the next attempt
        return self._result(task)

    def send_task_success(self, data: Json) -> Answer:
        """Rejects a used token, as the other two do, and an output that is not JSON."""
        try:
            json.loads(data.get("output", ""))
        except ValueError:
            return self._rejection("InvalidOutput", "Invalid Output: the output is not JSON")
        return self._send("_send_task_success", data)

    def send_task_failure(self, data: Json) -> Answer:
        """See send_task_success."""
        return self._send("_send_task_failure", data)

    def send_task_heartbeat(self, data: Json) -> Answer:
        """See send_task_success. Each heartbeat restarts the time until the next one is due."""
        return self._send("_send_task_heartbeat", data)

    def apply_state_assign(
        self, state_def: Json, raw_input: Json, ctx: Json, result: Json = None, error_output: Json = None
    ) -> None:
        """Evaluates all members of an Assign before any variable changes."""
        assign = state_def.get("Assign")
        if ctx is None or not isinstance(assign, dict) or not is_jsonata(self._names, state_def, ctx):
            return
        assigned = self._names["_apply_jsonata_template"](
            assign, raw_input, ctx, result=result, error_output=error_output
        )
        ctx.setdefault("variables", {}).update(assigned)

    def _limits(self, state: Json, given: Json, context: Json) -> dict[str, float]:
        found = {}
        for name in _LIMITS:
            if path := state.get(f"{name}Path"):
                found[name] = self._names["_resolve_path_or_ctx"](path, given, context)
            elif isinstance(state.get(name), str) and is_jsonata(self._names, state, context):
                found[name] = self._names["_jsonata_state_field"](state, name, "number", given, context)
        return found

    def _deliver(self, resource: str, given: Json, task: dict[str, Any]) -> None:
        """Calls the resource that gets the token. Its result is ignored, unless it is an error."""
        try:
            self._names["_invoke_resource"](resource, given)
        except self._names["_ExecutionError"] as error:
            _settle(task, error.error, error.cause)

    def _await(self, task: dict[str, Any], state: Json) -> None:
        end = time.monotonic() + float(state.get("TimeoutSeconds", math.inf))
        beat = float(state.get("HeartbeatSeconds", math.inf))
        while True:
            due = min(end, task["last_heartbeat"] + beat)
            patience = min(max(due - time.monotonic(), 0.0), threading.TIMEOUT_MAX)
            if task["event"].wait(patience):
                return
            if time.monotonic() >= end:
                _settle(task, "States.Timeout", "the task did not end within its TimeoutSeconds")
            elif time.monotonic() >= task["last_heartbeat"] + beat:
                _settle(task, "States.HeartbeatTimeout", "the task sent no heartbeat within its HeartbeatSeconds")

    def _result(self, task: dict[str, Any]) -> Json:
        if task["error"]:
            fail(self._names, task["error"]["Error"], task["error"]["Cause"])
        if task["result"] is None:
            fail(self._names, ENDED)
        return self._within_limit(json.loads(task["result"]))

    def _send(self, name: str, data: Json) -> Answer:
        token = data.get("taskToken", "")
        task = self._names["_task_tokens"].get(token)
        if token in self._closed or (task and task["event"].is_set()):
            return self._rejection("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        if task:
            task["last_heartbeat"] = time.monotonic()
        answer: Answer = self._original[name](data)
        return answer

    def _rejection(self, code: str, message: str) -> Answer:
        rejection: Answer = self._names["error_response_json"](code, message, _BAD_REQUEST)
        return rejection

    def _within_limit(self, value: Json) -> Json:
        if len(json.dumps(value, ensure_ascii=False).encode()) > PAYLOAD_LIMIT:
            fail(self._names, "States.DataLimitExceeded", f"a payload is larger than {PAYLOAD_LIMIT} bytes")
        return value


def _settle(task: dict[str, Any], error: str, cause: str) -> None:
    if not task["event"].is_set():
        task["error"] = {"Error": error, "Cause": cause}
        task["event"].set()
