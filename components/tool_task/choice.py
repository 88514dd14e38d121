"""Where a tool runs, Lambda or Fargate, and the size of a task: pure functions of what the tools state."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from policies.rules.aws_limits import LAMBDA_MEMORY, LAMBDA_TIMEOUT
from policies.rules.aws_limits.ecs import FARGATE_MEMORY
from policies.rules.aws_limits.lambda_functions import LAMBDA_UNZIPPED
from tools.analysis.limits import ToolLimits

MARGIN_SECONDS: Final = 60
"""Of a function's time: for its start, the download of the data, and the report."""
CODE_MB: Final = 10
"""Of a function's package: the project's own code, beside the libraries."""
OVERHEAD_MB: Final = 512
"""Of a task's memory: for the process that supervises the tool, and the downloaded tables."""
LEAST_CPU: Final = 1_024
"""CPU units of a task: with less than one vCPU, the imports of an analysis alone take many seconds."""

_MB: Final = 1_024 * 1_024


class Place(StrEnum):
    """Where a tool runs."""

    FUNCTION = "function"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class TaskSize:
    """CPU units and MiB of memory, one of Fargate's combinations."""

    cpu: int
    memory: int


def place_of(limits: ToolLimits) -> Place:
    """A function, where its time, its memory and its package can hold the tool; otherwise a task."""
    fits = (
        limits.seconds + MARGIN_SECONDS <= LAMBDA_TIMEOUT.maximum
        and limits.memory_mb <= LAMBDA_MEMORY.maximum
        and (limits.libraries_mb + CODE_MB) * _MB <= LAMBDA_UNZIPPED.maximum
    )
    return Place.FUNCTION if fits else Place.TASK


def task_size(tools: Iterable[ToolLimits], cpu: int | None = None, memory: int | None = None) -> TaskSize | None:
    """The smallest of Fargate's sizes that holds each of the tools; None where there is none. A given cpu or memory is
    kept."""
    needed = max((tool.memory_mb for tool in tools), default=0) + OVERHEAD_MB if memory is None else memory
    for units, sizes in FARGATE_MEMORY.items():
        if units != cpu and (cpu is not None or units < LEAST_CPU):
            continue
        for size in sizes:
            if size == needed or (memory is None and size > needed):
                return TaskSize(units, size)
    return None


def longest_seconds(tools: Iterable[ToolLimits]) -> int:
    """The longest time of a call of any of the tools."""
    return max((tool.seconds for tool in tools), default=0)
