"""A task on Fargate has a network interface of its own."""

from collections.abc import Iterable

from policies.rules.ecs.task import REFUSED, TASKS, on_fargate
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN


def _check(task: Resource) -> Iterable[Finding]:
    mode = task.properties.get("networkMode")
    if not on_fargate(task) or mode in ("awsvpc", UNKNOWN):
        return []
    return [
        Finding(
            property="networkMode",
            value="unset" if mode is None else repr(mode),
            allowed="awsvpc on Fargate",
            why=REFUSED,
            fix="Set networkMode to awsvpc, and name subnets where the task is run",
        )
    ]


RULE = ResourceRule(
    name="ecs-task-network-mode",
    description="A task on Fargate has the network mode awsvpc.",
    remediation="Set networkMode to awsvpc.",
    types=TASKS,
    check=_check,
)
