"""Replacements for retries, and for states inside a Map or a Parallel: what MiniStack's history and waits leave out."""

import copy
import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.emulator_process.emulated.replies import Json
from sandbox.emulator_process.step_functions.module import Names, fail

_HANDLERS: Final[Mapping[str, str]] = {
    "Task": "_execute_task",
    "Parallel": "_execute_parallel",
    "Map": "_execute_map",
    "Pass": "_execute_pass",
    "Choice": "_execute_choice",
    "Wait": "_execute_wait",
}
_WITH_EXECUTION: Final = frozenset({"Task", "Parallel", "Map"})


class NestedStates:
    """The replacements, with the names of the functions that they replace; `original` has MiniStack's own."""

    def __init__(self, names: Names, original: Mapping[str, Callable[..., Any]]) -> None:
        self._names = names
        self._original = original

    def find_matching_retrier(self, retriers: Json, error: str, retry_counts: dict[int, int]) -> tuple[Json, int]:
        """Returns the retrier with the interval of this attempt, by its MaxDelaySeconds and JitterStrategy."""
        retrier, index = self._original["_find_matching_retrier"](retriers, error, retry_counts)
        if retrier is None:
            return retrier, index
        rate = retrier.get("BackoffRate", 2.0)
        interval = retrier.get("IntervalSeconds", 1) * rate ** retry_counts.get(index, 0)
        interval = min(interval, retrier.get("MaxDelaySeconds", interval))
        if retrier.get("JitterStrategy") == "FULL":
            interval = random.uniform(0, interval)  # noqa: S311  a wait, no secret
        return {**retrier, "IntervalSeconds": interval, "BackoffRate": 1}, index

    def run_sub_machine(self, states: Json, start_at: str, input_data: Json, execution: Json, ctx: Json) -> Json:
        """Runs the states of an iteration or a branch, each of them in the history of the execution as on AWS."""
        name: str | None = start_at
        value = copy.deepcopy(input_data)
        while name:
            state = states.get(name)
            if not state:
                fail(self._names, "States.Runtime", f"State '{name}' not found")
            self._record(execution, state["Type"], "Entered", name, "input", value)
            ctx["State"] = {"Name": name, "EnteredTime": self._names["now_iso"](), "RetryCount": 0}
            if state["Type"] in _HANDLERS:
                value, following = self._execute(state, value, execution, ctx)
            else:  # Succeed and Fail
                value = self._original["_run_sub_machine"]({name: state}, name, value, execution, ctx)
                following = None
            self._record(execution, state["Type"], "Exited", name, "output", value)
            name = following
        return value

    def _execute(self, state: Json, value: Json, execution: Json, ctx: Json) -> tuple[Json, str | None]:
        handler = self._names[_HANDLERS[state["Type"]]]
        arguments = (execution, ctx) if state["Type"] in _WITH_EXECUTION else (ctx,)
        output, following = handler(state, value, *arguments)
        return output, following

    def _record(self, execution: Json, kind: str, change: str, name: str, member: str, value: Json) -> None:
        details = {f"state{change}EventDetails": {"name": name, member: json.dumps(value)}}
        self._names["_add_event"](execution, f"{kind}State{change}", details)
