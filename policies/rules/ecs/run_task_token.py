"""A container that a state waits for by a task token gets the token."""

from collections.abc import Iterator, Mapping

from policies.rules.ecs.run_task import run_tasks
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.integration import TOKEN
from policies.rules.step_functions.states.jsonata import strings
from policies.rules.step_functions.states.machine import MACHINES, by_definition, is_known
from policies.rules.step_functions.task_token import passes_token


def container_token_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in run_tasks(definition):
        overrides = task.argument("Overrides")
        if task.integration.pattern != TOKEN or not is_known({"": overrides}):
            continue
        inside = overrides if isinstance(overrides, Mapping) else {}
        if not any(passes_token(text) for _, text in strings(inside)):
            yield Finding(
                property=f"{task.path}.Overrides",
                value="without the task token",
                allowed="the token in a variable or in the command of a container",
                why="A container gets no other input, so it cannot report and the state machine waits in vain",
                fix="Set it in Overrides.ContainerOverrides[].Environment as the value of a variable",
            )


RULE = ResourceRule(
    name="ecs-run-task-token",
    description="A container that a state machine awaits by a task token gets the token in its overrides.",
    remediation="Pass $states.context.Task.Token as a variable in Overrides.ContainerOverrides[].Environment.",
    types=MACHINES,
    check=by_definition(container_token_findings),
)
