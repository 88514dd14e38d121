"""The code in a task acts as a role of its own, not as ECS."""

from collections.abc import Iterable

from policies.rules.ecs.task import TASKS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import text


def _check(task: Resource) -> Iterable[Finding]:
    own, execution = (text(task.properties, name) for name in ("taskRoleArn", "executionRoleArn"))
    unset = task.properties.get("taskRoleArn") is None
    if not unset and (own is None or own != execution):
        return []
    return [
        Finding(
            property="taskRoleArn",
            value="unset" if unset else "the execution role",
            allowed="a role of the code's own",
            why="Without one the code cannot report by its task token; with ECS's it can read every secret of the task",
            fix="Add a role with what the code does, among it states:SendTaskSuccess where it reports by a token",
        )
    ]


RULE = ResourceRule(
    name="ecs-task-own-role",
    description="The code of a task has a role of its own, other than the execution role.",
    remediation="Set taskRoleArn to a role with just what the code does.",
    severity=Severity.ADVISORY,
    types=TASKS,
    check=_check,
)
