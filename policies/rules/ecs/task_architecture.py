"""A task on Fargate says which CPU it was built for."""

from collections.abc import Iterable

from policies.rules.aws_limits.ecs import CPU_ARCHITECTURES
from policies.rules.ecs.task import TASKS, on_fargate
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import UNKNOWN, lookup


def _check(task: Resource) -> Iterable[Finding]:
    cpu = lookup(task.properties, "runtimePlatform", "cpuArchitecture")
    if not on_fargate(task) or cpu is UNKNOWN or cpu in CPU_ARCHITECTURES:
        return []
    return [
        Finding(
            property="runtimePlatform.cpuArchitecture",
            value="unset" if cpu is None else repr(cpu),
            allowed=" or ".join(CPU_ARCHITECTURES),
            why="Fargate takes X86_64, on which an image from an ARM machine ends with exec format error",
            fix="Say the platform that the image is built for",
        )
    ]


RULE = ResourceRule(
    name="ecs-task-architecture",
    description="A task on Fargate says the CPU that its image is built for.",
    remediation="Set runtimePlatform.cpuArchitecture to ARM64 or X86_64.",
    severity=Severity.ADVISORY,
    types=TASKS,
    check=_check,
)
