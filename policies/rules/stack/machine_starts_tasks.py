"""A state machine may do what starting a container takes besides ecs:RunTask."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.ecs.run_task import RunTask, run_tasks
from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding, lacking
from policies.rules.step_functions.states.machine import MACHINE, parsed

_WHY: Final = "ECS denies RunTask in every execution, at the first state that runs a container"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for machine in index.of_types(MACHINE):
        definition, role = parsed(machine), permissions.role(machine, "roleArn")
        judged: set[str] = set()
        for task in run_tasks(definition) if definition is not None and role is not None else ():
            for path, action, on in _needed(task):
                if role is None or action in judged:
                    continue
                judged.add(action)
                if lacking(permissions, role, (action,), None):
                    yield machine, denied_finding(path, role, (action,), on, _WHY)


def _needed(task: RunTask) -> Iterator[tuple[str, str, str]]:
    """Path, action and what the action is about."""
    yield f"{task.path}.TaskDefinition", "iam:PassRole", "the roles of the task definition"
    for name in ("PropagateTags", "Tags"):
        if task.argument(name) not in (None, "NONE", []):
            yield f"{task.path}.{name}", "ecs:TagResource", "the tasks that it starts"
            return


RULE = StackRule(
    name="stack-machine-may-start-tasks",
    description="The role of a state machine that runs ECS tasks may pass their roles, and tag them where it does.",
    remediation="Allow iam:PassRole on the task's roles, and ecs:TagResource on task/<cluster>/* for RunTask.",
    check=_check,
)
