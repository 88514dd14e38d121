"""A state machine knows the end of the tasks that it runs."""

from collections.abc import Iterator, Mapping

from policies.rules.ecs.run_task import run_tasks
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.integration import REQUEST
from policies.rules.step_functions.states.machine import MACHINES, by_definition


def awaiting_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in run_tasks(definition):
        if task.integration.pattern == REQUEST:
            yield Finding(
                property=f"{task.state.path}.Resource",
                value="ecs:runTask, which ends when the task is accepted",
                allowed="ecs:runTask.sync, or .waitForTaskToken",
                why="A task that cannot start, or fails, is never noticed, and its result is not waited for",
                fix="Add .sync for the exit code, or .waitForTaskToken for a result",
            )


RULE = ResourceRule(
    name="ecs-run-task-awaited",
    description="A state machine awaits the end of a task that it runs, by .sync or by a task token.",
    remediation="Add .sync or .waitForTaskToken to the Resource.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(awaiting_findings),
)
