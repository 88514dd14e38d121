"""ECS itself may fetch the image, read the secrets and write the logs."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.ecs.task import TASKS, Container, containers, on_fargate
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup

PROPERTY: Final = "executionRoleArn"


def _check(task: Resource) -> Iterable[Finding]:
    if task.properties.get(PROPERTY) is not None:
        return []
    needs = [need for container in containers(task) for need in _needs(container, fargate=on_fargate(task))]
    if not needs:
        return []
    return [
        Finding(
            property=PROPERTY,
            value="unset",
            allowed=f"a role, for {', '.join(dict.fromkeys(needs))}",
            why="The task is rejected, or stops before its container starts with ResourceInitializationError",
            fix="Add a role that ecs-tasks.amazonaws.com may take, with just these permissions",
        )
    ]


def _needs(container: Container, *, fargate: bool) -> Iterator[str]:
    if container.settings.get("secrets"):
        yield "the secrets of a container"
    if fargate and lookup(container.settings, "logConfiguration", "logDriver") == "awslogs":
        yield "the logs of a container"
    image = container.settings.get("image")
    if fargate and isinstance(image, str) and ".dkr.ecr." in image:
        yield "an image in ECR"


RULE = ResourceRule(
    name="ecs-task-execution-role",
    description="A task whose containers have secrets, logs in CloudWatch or images in ECR has an execution role.",
    remediation="Set executionRoleArn to a role with just the permissions to fetch, read and write these.",
    types=TASKS,
    check=_check,
)
