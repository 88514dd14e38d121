"""Rules about tasks that demand one value of one property."""

from typing import Final

from policies.rules.accepted_values import one_of
from policies.rules.aws_limits.ecs import CPU_ARCHITECTURES
from policies.rules.ecs.task import REJECTED, TASKS, containers, on_fargate
from policies.rules.required_value import RequiredValue, rules_of, unset_or_quoted
from policies.rules.rule import Resource, Severity
from policies.rules.values import lookup

_OWN_REGISTRY: Final = ".dkr.ecr."
"""In the address of an image that its owner built, for one CPU; images of public registries are built for both."""


def _may_be_of_either(task: Resource) -> bool:
    images = [container.settings.get("image") for container in containers(task)]
    built = any(isinstance(image, str) and _OWN_REGISTRY in image for image in images)
    return on_fargate(task) and (built or lookup(task.properties, "runtimePlatform", "cpuArchitecture") is not None)


RULES: Final = rules_of(
    RequiredValue(
        name="ecs-task-network-mode",
        types=[*TASKS],
        property="networkMode",
        applies=on_fargate,
        accepts=one_of("awsvpc"),
        value=unset_or_quoted,
        allowed="awsvpc on Fargate",
        why=REJECTED,
        fix="Set networkMode to awsvpc, and name subnets where the task is run",
        description="A task on Fargate has the network mode awsvpc.",
        remediation="Set networkMode to awsvpc.",
    ),
    RequiredValue(
        name="ecs-task-architecture",
        types=[*TASKS],
        property="runtimePlatform.cpuArchitecture",
        applies=_may_be_of_either,
        accepts=one_of(*CPU_ARCHITECTURES),
        value=unset_or_quoted,
        allowed=" or ".join(CPU_ARCHITECTURES),
        why="Fargate's default is X86_64, on which an image from an ARM machine fails with exec format error",
        fix="State the platform that the image is built for",
        description="A task on Fargate with an image of the account's registry states the CPU that it is built for.",
        remediation="Set runtimePlatform.cpuArchitecture to ARM64 or X86_64.",
        severity=Severity.ADVISORY,
    ),
)
