"""No secret in plain text among a container's environment variables."""

from collections.abc import Iterable

from policies.rules.ecs.task import TASKS, containers, entries
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secret_values import secret_finding

READERS = "read the task definition, in each of its revisions, or"


def _check(task: Resource) -> Iterable[Finding]:
    for container in containers(task):
        for path, variable in entries(container, "environment"):
            name, value = variable.get("name"), variable.get("value")
            if isinstance(name, str) and isinstance(value, str):
                finding = secret_finding(f"{path}.value", name, value, READERS)
                if finding is not None:
                    yield finding


RULE = ResourceRule(
    name="ecs-task-plain-secrets",
    description="The environment of a container holds no key, password or token in plain text.",
    remediation="Keep the secret in Secrets Manager and name it under secrets with valueFrom.",
    types=TASKS,
    check=_check,
)
