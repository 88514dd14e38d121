"""A container cannot change its own code."""

from collections.abc import Iterable

from policies.rules.ecs.task import TASKS, containers
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import UNKNOWN, lookup

FIELD = "readonlyRootFilesystem"


def _check(task: Resource) -> Iterable[Finding]:
    system = lookup(task.properties, "runtimePlatform", "operatingSystemFamily")
    # Windows has no such file systems.
    if system is UNKNOWN or str(system).startswith("WINDOWS"):
        return
    for container in containers(task):
        given = container.settings.get(FIELD)
        if given in (None, False):
            yield Finding(
                property=f"{container.path}.{FIELD}",
                value="unset" if given is None else "false",
                allowed="true",
                why="A tool that a model steers could write to the code that it runs",
                fix="Set it to true, and mount a volume at /tmp where the tool writes",
            )


RULE = ResourceRule(
    name="ecs-task-read-only-root",
    description="The root file system of a container is read-only.",
    remediation="Set readonlyRootFilesystem to true, and mount a volume where the tool writes.",
    severity=Severity.ADVISORY,
    types=TASKS,
    check=_check,
)
