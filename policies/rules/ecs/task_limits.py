"""Storage of a task and time to stop, in Fargate's range."""

from collections.abc import Iterable

from policies.rules.aws_limits.ecs import FARGATE_STOP_SECONDS, FARGATE_STORAGE
from policies.rules.ecs.task import REJECTED, TASKS, containers, on_fargate
from policies.rules.finding import Finding
from policies.rules.ranges import range_finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number, number


def _check(task: Resource) -> Iterable[Finding]:
    if not on_fargate(task):
        return
    storage = range_finding(
        task.properties,
        ("ephemeralStorage", "sizeInGib"),
        FARGATE_STORAGE,
        REJECTED,
        "Choose a size in the range; 20 GiB are there without it",
    )
    if storage is not None:
        yield storage
    for container in containers(task):
        seconds = number(container.settings, "stopTimeout")
        if seconds is not None and not FARGATE_STOP_SECONDS.allows(seconds):
            yield Finding(
                property=f"{container.path}.stopTimeout",
                value=format_number(seconds),
                allowed=str(FARGATE_STOP_SECONDS),
                why=REJECTED,
                fix="Stop within two minutes; longer work learns of its end from the journal",
            )


RULE = ResourceRule(
    name="ecs-task-limits",
    description="A task on Fargate has 21 to 200 GiB of storage where it sets a size, and stops within 120 seconds.",
    remediation="Set ephemeralStorage.sizeInGib to 21 to 200, and stopTimeout to at most 120.",
    types=TASKS,
    check=_check,
)
