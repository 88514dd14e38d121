"""CPU and memory of a task, in a combination that Fargate has."""

from collections.abc import Iterable
from itertools import pairwise

from policies.rules.aws_limits.ecs import FARGATE_MEMORY
from policies.rules.ecs.task import REJECTED, TASKS, on_fargate, units
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN


def _check(task: Resource) -> Iterable[Finding]:
    given = {name: task.properties.get(name) for name in ("cpu", "memory")}
    if not on_fargate(task) or UNKNOWN in given.values():
        return
    cpu, memory = units(given["cpu"]), units(given["memory"])
    if cpu is None or cpu not in FARGATE_MEMORY:
        allowed = f"{', '.join(map(str, FARGATE_MEMORY))} CPU units"
        yield _finding("cpu", given["cpu"], allowed)
    elif memory not in FARGATE_MEMORY[cpu]:
        yield _finding("memory", given["memory"], f"with {cpu} CPU units {_listed(FARGATE_MEMORY[cpu])} MiB")


def _listed(sizes: tuple[int, ...]) -> str:
    step = sizes[1] - sizes[0]
    if all(later - size == step for size, later in pairwise(sizes)):
        return f"{sizes[0]} to {sizes[-1]} in steps of {step}"
    return ", ".join(map(str, sizes))


def _finding(prop: str, value: object, allowed: str) -> Finding:
    return Finding(
        property=prop,
        value="unset" if value is None else repr(value),
        allowed=allowed,
        why=f"{REJECTED}: Fargate has no other sizes",
        fix="Choose a combination of the table",
    )


RULE = ResourceRule(
    name="ecs-task-size",
    description="A task on Fargate has CPU and memory in one of Fargate's combinations.",
    remediation="Choose cpu of 256 to 16384, and memory of two to eight times as much by Fargate's table.",
    types=TASKS,
    check=_check,
)
