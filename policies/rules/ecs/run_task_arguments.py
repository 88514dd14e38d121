"""What a state machine gives to RunTask are arguments that it has, and that go together."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.ecs.run_task import RunTask, run_tasks
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.machine import MACHINES, by_definition

ARGUMENTS: Final = (
    *("CapacityProviderStrategy", "ClientToken", "Cluster", "Count", "EnableECSManagedTags", "EnableExecuteCommand"),
    *("Group", "LaunchType", "NetworkConfiguration", "Overrides", "PlacementConstraints", "PlacementStrategy"),
    *("PlatformVersion", "PropagateTags", "ReferenceId", "StartedBy", "Tags", "TaskDefinition", "VolumeConfigurations"),
)
"""Of RunTask (ECS API), as Step Functions writes names."""

_CLIENT_TOKEN: Final = re.compile(r"[!-~]{1,64}")
_UNKNOWN_NAME: Final = "Step Functions rejects the state machine with InvalidDefinition (SCHEMA_VALIDATION_FAILED)"
_REJECTED: Final = "ECS rejects the call with InvalidParameterException when the state is reached"


def argument_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in run_tasks(definition):
        yield from _named(task)
        yield from _together(task)


def _named(task: RunTask) -> Iterator[Finding]:
    for name in task.given:
        if name.removesuffix(".$") not in ARGUMENTS:
            meant = next((known for known in ARGUMENTS if known.lower() == name.removesuffix(".$").lower()), None)
            yield Finding(
                property=f"{task.path}.{name}",
                value="no argument of RunTask",
                allowed=meant or ", ".join(ARGUMENTS),
                why=_UNKNOWN_NAME,
                fix=f"Write {meant}" if meant else "Leave it out",
            )


def _together(task: RunTask) -> Iterator[Finding]:
    if task.argument("LaunchType") and task.argument("CapacityProviderStrategy"):
        yield Finding(
            property=f"{task.path}.LaunchType",
            value="set beside CapacityProviderStrategy",
            allowed="one of the two",
            why=_REJECTED,
            fix="Leave LaunchType out where capacity providers are named",
        )
    token = task.argument("ClientToken")
    if isinstance(token, str) and not _CLIENT_TOKEN.fullmatch(token):
        yield Finding(
            property=f"{task.path}.ClientToken",
            value=f"a text of {len(token)} characters",
            allowed="1 to 64 visible characters of ASCII",
            why=_REJECTED,
            fix="Use a hash of what makes the call unique",
        )


RULE = ResourceRule(
    name="ecs-run-task-arguments",
    description="A state machine gives RunTask arguments that it has, in PascalCase, no launch type with providers.",
    remediation="Write Cluster, TaskDefinition and the like, and leave LaunchType out with CapacityProviderStrategy.",
    types=MACHINES,
    check=by_definition(argument_findings),
)
