"""A task that is run on Fargate gets its subnets."""

from collections.abc import Iterator, Mapping

from policies.rules.ecs.run_task import run_tasks
from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.machine import MACHINES, by_definition
from policies.rules.values import UNKNOWN


def network_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in run_tasks(definition):
        network = task.argument("NetworkConfiguration")
        if task.argument("LaunchType") == "FARGATE" and network is None:
            yield _finding(f"{task.path}.NetworkConfiguration")
        vpc = network.get("AwsvpcConfiguration", UNKNOWN) if isinstance(network, Mapping) else UNKNOWN
        if isinstance(vpc, Mapping) and not (vpc.get("Subnets") or vpc.get("Subnets.$")):
            yield _finding(f"{task.path}.NetworkConfiguration.AwsvpcConfiguration.Subnets")


def _finding(prop: str) -> Finding:
    return Finding(
        property=prop,
        value="unset",
        allowed="subnets, and security groups with a way to what the task calls",
        why="ECS rejects the call with InvalidParameterException when the state is reached",
        fix="Name subnets under NetworkConfiguration.AwsvpcConfiguration.Subnets",
    )


RULE = ResourceRule(
    name="ecs-run-task-network",
    description="A state machine that runs a task on Fargate names its subnets.",
    remediation="Set NetworkConfiguration.AwsvpcConfiguration with Subnets and SecurityGroups.",
    types=MACHINES,
    check=by_definition(network_findings),
)
