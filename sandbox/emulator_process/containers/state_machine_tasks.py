"""Replaces what Step Functions does with tasks of ECS: their errors, their end, and the form of their results."""

import json
import threading
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from sandbox.emulator_process.containers.tasks import Tasks
from sandbox.emulator_process.emulated.replies import Json
from sandbox.emulator_process.step_functions.executions import ENDED, running_here
from sandbox.emulator_process.step_functions.module import fail

_BAD_REQUEST: Final = 400
_STOPPED: Final = "the execution has ended"


class StateMachineTasks:
    """The replacement of one function of MiniStack's Step Functions."""

    def __init__(self, states: ModuleType, tasks: Tasks) -> None:
        self._names = vars(states)
        self._tasks = tasks

    def invoke_ecs_run_task(self, resource: str, input_data: Json) -> Json:
        """Runs a task; `.sync` returns it when it has stopped, and fails with States.TaskFailed where a container has
        ended with another code than 0 or has not started."""
        status, _, body = self._tasks.run_task(self._names["_pascal_to_camel"](input_data))
        result = json.loads(body)
        if status >= _BAD_REQUEST:
            fail(self._names, f"ECS.{result.get('__type', 'AmazonECSException')}", result.get("message", ""))
        if not resource.endswith(".sync"):
            return _pascal(result)
        stopped = [_pascal(task) for task in self._wait([task["taskArn"] for task in result["tasks"]])]
        for task in stopped:
            if any(container.get("ExitCode") != 0 for container in task["Containers"]):
                fail(self._names, "States.TaskFailed", json.dumps(task))
        return stopped[0] if len(stopped) == 1 else {"Tasks": stopped, "Failures": []}

    def _wait(self, arns: list[str]) -> list[dict[str, Any]]:
        """Returns the stopped tasks. Stops them where the execution ends before."""
        running = running_here.get()
        wake = _Wake(self._tasks)
        if running:
            running.callbacks.add(wake)
        try:
            tasks = self._tasks.wait_until_stopped(arns, lambda: bool(running and running.ended.is_set()))
        finally:
            if running:
                running.callbacks.discard(wake)
        if running and running.ended.is_set():
            for task in tasks:
                self._tasks.stop_task({"cluster": task["clusterArn"], "task": task["taskArn"], "reason": _STOPPED})
            fail(self._names, ENDED)
        return tasks


class _Wake(threading.Event):
    """Set when the execution ends."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks

    def set(self) -> None:
        super().set()
        self._tasks.wake()


def _pascal(value: Json) -> Json:
    """The names as Step Functions writes them."""
    if isinstance(value, list):
        return [_pascal(one) for one in value]
    if isinstance(value, Mapping):
        return {f"{key[:1].upper()}{key[1:]}": _pascal(one) for key, one in value.items()}
    return value
