"""The code in a task that calls AWS acts as a role of its own, not as ECS."""

from collections.abc import Iterable, Iterator

from policies.rules.ecs.run_task import run_tasks
from policies.rules.ecs.task import TASK
from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.step_functions.states.integration import TOKEN
from policies.rules.step_functions.states.machine import MACHINE, parsed
from policies.rules.values import text


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    reporting = list(_awaited(index))
    for task in index.of_types(TASK):
        own, execution = (text(task.properties, name) for name in ("taskRoleArn", "executionRoleArn"))
        unset = task.properties.get("taskRoleArn") is None
        if (unset and task in reporting) or (own is not None and own == execution):
            yield (
                task,
                Finding(
                    property="taskRoleArn",
                    value="unset" if unset else "the execution role",
                    allowed="a role of the code's own",
                    why="Without one the code cannot report by its task token; with ECS's it can read every secret of "
                    "the task",
                    fix="Add a role with what the code does, among it states:SendTaskSuccess where it reports by a "
                    "token",
                ),
            )


def _awaited(index: Index) -> Iterator[Resource]:
    """The task definitions whose code a state machine waits for by a task token."""
    for machine in index.of_types(MACHINE):
        for run in run_tasks(parsed(machine) or {}):
            named = run.argument("TaskDefinition")
            if run.integration.pattern == TOKEN and isinstance(named, str):
                found = index.named(machine, "definition", named, (TASK,)).resource
                yield from [found] if found else [task for task in index.of_types(TASK) if _is_of(task, named)]


def _is_of(task: Resource, named: str) -> bool:
    """Whether an ARN, or family and revision, is of the task's family."""
    return text(task.properties, "family") == named.rpartition("/")[2].partition(":")[0]


RULE = StackRule(
    name="ecs-task-own-role",
    description="The code of a task that reports to a state machine has a role, and no code has the execution role.",
    remediation="Set taskRoleArn to a role with just what the code does.",
    severity=Severity.ADVISORY,
    check=_check,
)
