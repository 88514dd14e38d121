"""A task ends with its container."""

from collections.abc import Iterable

from policies.rules.ecs.task import CONTAINERS, REJECTED, TASKS, are_known, containers
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule


def _check(task: Resource) -> Iterable[Finding]:
    found = list(containers(task))
    if not found or not are_known(task) or any(one.settings.get("essential", True) is not False for one in found):
        return []
    return [
        Finding(
            property=f"{CONTAINERS}.essential",
            value="false for every container",
            allowed="true for at least one",
            why=REJECTED,
            fix="Set it to true for the container whose end is the task's",
        )
    ]


RULE = ResourceRule(
    name="ecs-task-essential",
    description="At least one container of a task is essential.",
    remediation="Set essential to true for the container whose end is the task's.",
    types=TASKS,
    check=_check,
)
