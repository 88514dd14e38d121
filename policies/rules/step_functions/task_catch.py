"""No error of a task ends the machine and leaves its run open."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import ALL_ERRORS, catches_all, handlers, tasks
from policies.rules.step_functions.states.machine import MACHINES, by_definition


def catch_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        if not task.level.caught and not catches_all(task.state):
            some = any(True for _ in handlers(task.state, "Catch"))
            yield Finding(
                property=f"{task.path}.Catch",
                value="for some errors only" if some else "unset",
                allowed=f"a catcher of {ALL_ERRORS}, here or at the Parallel or Map around",
                why="An error that nothing catches ends the execution, and its run stays open",
                fix=f"Lead {ALL_ERRORS} to a state that ends the run",
            )


RULE = ResourceRule(
    name="state-machine-task-catch",
    description="Every Task, or a Parallel or Map around it, catches all errors.",
    remediation="Add a Catch for States.ALL that leads to a state which ends the run.",
    types=MACHINES,
    check=by_definition(catch_findings),
)
