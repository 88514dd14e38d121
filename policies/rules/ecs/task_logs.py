"""What a container writes is kept: a log driver, with all that it needs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.ecs import FARGATE_LOG_DRIVERS
from policies.rules.ecs.task import REJECTED, TASKS, Container, containers, on_fargate
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN

_LOST: Final = "What the container wrote is lost with it, and with it the reason of a failure"
_OPTIONS: Final = ("awslogs-group", "awslogs-region")
_FARGATE_OPTIONS: Final = (*_OPTIONS, "awslogs-stream-prefix")


def _check(task: Resource) -> Iterable[Finding]:
    for container in containers(task):
        logs = container.settings.get("logConfiguration")
        if logs is None:
            yield _finding(container, "", "unset", "a log driver with its options", _LOST)
        elif isinstance(logs, Mapping):
            yield from _driver_findings(container, logs, fargate=on_fargate(task))


def _driver_findings(container: Container, logs: Mapping[str, object], *, fargate: bool) -> Iterator[Finding]:
    driver, options = logs.get("logDriver"), logs.get("options", {})
    if driver is None:
        yield _finding(container, ".logDriver", "unset", ", ".join(FARGATE_LOG_DRIVERS), REJECTED)
    elif fargate and driver is not UNKNOWN and driver not in FARGATE_LOG_DRIVERS:
        yield _finding(container, ".logDriver", repr(driver), f"{', '.join(FARGATE_LOG_DRIVERS)} on Fargate", REJECTED)
    elif driver == "awslogs" and isinstance(options, Mapping):
        for option in _FARGATE_OPTIONS if fargate else _OPTIONS:
            if not options.get(option):
                yield _finding(container, f".options.{option}", "unset", "a text, with the driver awslogs", REJECTED)


def _finding(container: Container, path: str, value: str, allowed: str, why: str) -> Finding:
    return Finding(
        property=f"{container.path}.logConfiguration{path}",
        value=value,
        allowed=allowed,
        why=why,
        fix="Use awslogs with a group that has a retention, the region and a prefix of the streams",
    )


RULE = ResourceRule(
    name="ecs-task-logs",
    description="Every container has a log driver that its launch type offers, with the options that it needs.",
    remediation="Set logConfiguration to awslogs with awslogs-group, awslogs-region and awslogs-stream-prefix.",
    types=TASKS,
    check=_check,
)
