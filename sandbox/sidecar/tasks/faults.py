"""Fault injection: ends of tasks that ECS reports, and that a program must survive."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.sidecar.settings import SettingsError
from sandbox.sidecar.tasks.spec import TaskSpec

NAMES: Final = ("kill-task", "interrupt-task")


@dataclass(frozen=True, slots=True)
class TaskFault:
    """A fault for the next `count` tasks (None: all) that contain `match` in their family, command or variables.

    `kill-task` kills the processes as the kernel does when memory runs out; `interrupt-task` stops the task as Fargate
    Spot does. `after_ms` is the time from the start of the processes.
    """

    name: str
    count: int | None = 1
    match: str = ""
    after_ms: float = 0.0

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "TaskFault":
        """Returns the fault from JSON values; raises SettingsError."""
        if values.get("name") not in NAMES:
            raise SettingsError(f'Unknown fault {values.get("name")!r}: give "name" as one of {", ".join(NAMES)}.')
        known = [known_field.name for known_field in dataclasses.fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise SettingsError(f"The fault has no setting {unknown[0]!r}: it may have {', '.join(known)}.")
        fault = cls(**values)
        if fault.count is not None and (type(fault.count) is not int or fault.count < 1):
            raise SettingsError('The fault needs "count" as a whole number of 1 or more, or null for all.')
        if not isinstance(fault.match, str):
            raise SettingsError(f'The fault needs "match" as a string, not {fault.match!r}.')
        if type(fault.after_ms) not in (int, float) or fault.after_ms < 0:
            raise SettingsError('The fault needs "after_ms" as a number of 0 or more.')
        return fault

    def fits(self, task: TaskSpec) -> bool:
        places = [task.family]
        for container in task.containers:
            places += [*container.words, *container.variables.values()]
        return any(self.match in place for place in places)


class TaskFaults:
    """The active faults, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[TaskFault] = []

    def add(self, fault: TaskFault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def pending(self) -> list[dict[str, Any]]:
        return [dataclasses.asdict(fault) for fault in self._faults]

    def take(self, task: TaskSpec) -> TaskFault | None:
        """Returns the first fault that fits the task, and decrements its count."""
        for index, fault in enumerate(self._faults):
            if fault.fits(task):
                left = None if fault.count is None else fault.count - 1
                self._faults[index : index + 1] = [] if left == 0 else [dataclasses.replace(fault, count=left)]
                return fault
        return None
