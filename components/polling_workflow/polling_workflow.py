"""Background runs: an event starts a state machine, which has agents on AgentCore work in turn and awaits their end."""

from typing import Final

import pulumi
from pulumi_aws import iam, sfn

from components.functions.code import create_codes
from components.functions.platform import Platform
from components.iam import document
from components.polling_workflow.args import PollingWorkflowArgs, is_callback, limits_of, problems_of
from components.polling_workflow.definition import Parts, definition
from components.polling_workflow.events import create_queue, create_way_back, create_way_in, open_queue
from components.polling_workflow.functions import (
    CLOSER,
    DOOR,
    INVOKER,
    Part,
    create_closer,
    create_door,
    create_invoker,
    door_variables,
)
from components.polling_workflow.machine import create_machine
from components.polling_workflow.permissions import report
from components.polling_workflow.scope import WorkflowScope
from components.validation import require_valid
from policies.rules.lambda_function.environment import environment_problems
from policies.rules.lambda_function.timeout import timeout_problems
from policies.rules.step_functions.definition import definition_problems
from policies.rules.step_functions.portability import portability_problems


class PollingWorkflow(pulumi.ComponentResource):
    """An event bus whose events start runs that nobody waits for at a socket: the agents of a pipeline work in turn on
    AgentCore, for hours, and the state machine ends when the run does."""

    event_bus: pulumi.Output[str]
    """Name of the bus that takes the events (source longrun, detail-type RunRequested)."""
    state_machine: pulumi.Output[str]
    """ARN of the state machine."""
    undelivered: pulumi.Output[str]
    """URL of the queue with the events that could not be delivered."""
    event_door_log_group: pulumi.Output[str]
    """Name of the log group of the function that takes runs in."""
    invoker_log_group: pulumi.Output[str]
    """Name of the log group of the function that starts agents."""
    workflow_closer_log_group: pulumi.Output[str]
    """Name of the log group of the function that ends runs."""

    def __init__(self, name: str, args: PollingWorkflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("PollingWorkflow", name, problems_of(args) or _made_problems(args))
        super().__init__("longrun:index:PollingWorkflow", name, None, opts)
        scope = WorkflowScope.of(name, args, pulumi.ResourceOptions(parent=self))
        platform = Platform(args["runtime"], args["architecture"])
        code = create_codes(scope, {"workflow": args["package"]}, platform)["workflow"]
        queue = create_queue(scope)
        door, invoker, closer = create_door(scope, code), create_invoker(scope, code), create_closer(scope, code, queue)
        machine = create_machine(scope, door, invoker, closer)
        if is_callback(args):
            _let_report(scope, machine, invoker)
        bus, requests = create_way_in(scope, machine, queue)
        open_queue(scope, queue, requests, create_way_back(scope, machine, closer, queue))
        self.event_bus = bus.name
        self.state_machine = machine.arn
        self.undelivered = queue.url
        self.event_door_log_group = door.log_group
        self.invoker_log_group = invoker.log_group
        self.workflow_closer_log_group = closer.log_group
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})


OUTPUTS: Final = tuple(PollingWorkflow.__annotations__)


def _made_problems(args: PollingWorkflowArgs) -> list[str]:
    """The same checks as the policy pack's, over what is made of the arguments."""
    made = definition(Parts("door", "invoker", "closer", "table"), limits_of(args), callback=is_callback(args))
    return [
        *definition_problems(made),
        *portability_problems(made),
        *environment_problems(door_variables(args)),
        *(problem for spec in (DOOR, INVOKER, CLOSER) for problem in timeout_problems(spec.timeout)),
    ]


def _let_report(scope: WorkflowScope, machine: sfn.StateMachine, invoker: Part) -> None:
    """Agents report by task tokens, and so does the invoker when it could not reach one."""
    hosts = {f"host-{number}": host["role_name"] for number, host in enumerate(scope.args["hosts"], 1)}
    roles = {"invoker": invoker.role, **hosts}
    for who, role in roles.items():
        iam.RolePolicy(
            scope.child(f"{who}-report-policy"),
            role=role,
            policy=machine.arn.apply(lambda arn: document([report(arn)])),
            opts=scope.opts,
        )
