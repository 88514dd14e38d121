"""What failed by chance is tried again."""

from collections.abc import Iterator, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule, Severity
from policies.rules.step_functions.states.graph import tasks
from policies.rules.step_functions.states.integration import REQUEST, integration_of
from policies.rules.step_functions.states.machine import MACHINES, by_definition


def retry_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        found = integration_of(task)
        if found is not None and found.pattern == REQUEST and not task.state.get("Retry"):
            yield Finding(
                property=f"{task.path}.Retry",
                value="unset",
                allowed="at least one retrier",
                why=f"One throttled or dropped call of {found.name} ends what may have run for hours",
                fix="Repeat the errors after which nothing was done, or all where doing it twice does no harm",
            )


RULE = ResourceRule(
    name="state-machine-task-retry",
    description="A Task that calls a service and awaits its answer has a Retry.",
    remediation="Add a Retry for throttling and for errors of the service.",
    severity=Severity.ADVISORY,
    types=MACHINES,
    check=by_definition(retry_findings),
)
