"""The containers of a task fit into it."""

from collections.abc import Iterable
from typing import Final

from policies.rules.ecs.task import CONTAINERS, REJECTED, TASKS, containers, units
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule

_UNITS: Final = {"cpu": "CPU units", "memory": "MiB"}


def _check(task: Resource) -> Iterable[Finding]:
    for field, unit in _UNITS.items():
        whole = units(task.properties.get(field))
        parts = [units(container.settings.get(field)) or 0 for container in containers(task)]
        # The memory of several may be more than the task's: it is what each may have at most.
        asked = sum(parts) if field == "cpu" else max(parts, default=0)
        if whole is not None and asked > whole:
            yield Finding(
                property=f"{CONTAINERS}.{field}",
                value=f"{asked:,} {unit}",
                allowed=f"at most the task's {whole:,}",
                why=REJECTED,
                fix="Lower what the containers ask for, or raise the task's",
            )


RULE = ResourceRule(
    name="ecs-task-container-sizes",
    description="The containers of a task ask for no more CPU together, and none for more memory, than the task has.",
    remediation="Lower what the containers ask for, or raise the task's cpu and memory.",
    types=TASKS,
    check=_check,
)
