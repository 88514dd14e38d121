"""Background runs: an event starts a state machine, which invokes agents on AgentCore in turn and awaits their end."""

from typing import Final

import pulumi
from pulumi_aws import iam, sfn

from components.build_context import BuildContext
from components.functions.code import upload_code
from components.iam import document
from components.polling_workflow.args import PollingWorkflowArgs, is_callback, limits_of, validate
from components.polling_workflow.definition import Targets, definition
from components.polling_workflow.events import create_trigger_rule
from components.polling_workflow.functions import (
    FINALIZER,
    INVOKER,
    START,
    WorkflowContext,
    create_finalizer,
    create_invoker,
    create_start_handler,
    invoker_placeholders,
    start_variables,
)
from components.polling_workflow.state_machine import create_state_machine
from components.refs import MonitoringRef
from components.state_machine.failure_rule import accept_events, create_dead_letter_queue, create_failure_rule
from components.state_machine.function import WorkflowFunction
from components.state_machine.permissions import report
from components.traces import traces_placeholders
from components.validation import form_problems, require_valid
from components.watched import watched_function, watched_queue
from policies.rules.lambda_function.environment import environment_problems
from policies.rules.lambda_function.timeout import timeout_problems
from policies.rules.step_functions.definition import definition_problems
from policies.rules.step_functions.portability import portability_problems


class PollingWorkflow(pulumi.ComponentResource):
    """An event bus whose events start runs in the background: the agents of a pipeline work in turn on AgentCore, for
    hours, and the state machine ends when the run does."""

    event_bus: pulumi.Output[str]
    """Name of the bus for the events (source longrun, detail-type RunRequested)."""
    state_machine: pulumi.Output[str]
    """ARN of the state machine."""
    dead_letter_queue: pulumi.Output[str]
    """URL of the queue of events that could not be delivered."""
    start_log_group: pulumi.Output[str]
    """Name of the log group of the start handler."""
    invoker_log_group: pulumi.Output[str]
    """Name of the log group of the invoker, which starts agents."""
    finalizer_log_group: pulumi.Output[str]
    """Name of the log group of the finalizer, which ends runs."""

    def __init__(self, name: str, args: PollingWorkflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid(
            "PollingWorkflow",
            name,
            form_problems(args, PollingWorkflowArgs) or validate(args) or _definition_problems(args),
        )
        super().__init__("longrun:index:PollingWorkflow", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        code = upload_code(context, {"workflow": args["code"]})["workflow"]
        queue = create_dead_letter_queue(context)
        start, invoker = create_start_handler(context, code), create_invoker(context, code)
        finalizer = create_finalizer(context, code, queue)
        machine = create_state_machine(context, start, invoker, finalizer)
        _allow_reports(context, machine, invoker, finalizer)
        bus, trigger = create_trigger_rule(context, machine, queue)
        accept_events(context, queue, trigger, create_failure_rule(context, machine, finalizer.function, queue))
        self.event_bus = bus.name
        self.state_machine = machine.arn
        self.dead_letter_queue = queue.url
        self.start_log_group = start.log_group
        self.invoker_log_group = invoker.log_group
        self.finalizer_log_group = finalizer.log_group
        parts = {START: start, INVOKER: invoker, FINALIZER: finalizer}
        self.monitoring: MonitoringRef = {
            "component": name,
            "functions": [watched_function(spec, one.function, one.log_group) for spec, one in parts.items()],
            "queues": [watched_queue("undelivered", queue, is_read=False)],
            "state_machines": [{"role": "machine", "arn": machine.arn}],
        }
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})


OUTPUTS: Final = tuple(PollingWorkflow.__annotations__)


def _definition_problems(args: PollingWorkflowArgs) -> list[str]:
    """The policy pack's own checks of what is generated from the arguments."""
    placeholders = Targets("start", "invoker", "finalizer", "table", "aws")
    generated = definition(placeholders, limits_of(args), callback=is_callback(args))
    traces = traces_placeholders(args.get("traces_endpoint", ""), args.get("traces_keys"))
    return [
        *definition_problems(generated),
        *portability_problems(generated),
        *environment_problems({**start_variables(args), **traces}),
        *environment_problems(invoker_placeholders(args)),
        *(problem for spec in (START, INVOKER, FINALIZER) for problem in timeout_problems(spec.timeout)),
    ]


def _allow_reports(
    context: WorkflowContext, machine: sfn.StateMachine, invoker: WorkflowFunction, finalizer: WorkflowFunction
) -> None:
    """The finalizer reports by the task tokens of states that wait for answers, and so does the gateway. With callbacks
    agents report by tokens as well, and the invoker when it could not reach one."""
    args = context.args
    roles: dict[str, pulumi.Input[str]] = {"finalizer": finalizer.role}
    if "websocket" in args:
        roles["gateway"] = args["websocket"]["gateway_role"]
    if is_callback(args):
        roles["invoker"] = invoker.role
        roles |= {f"host-{number}": host["role_name"] for number, host in enumerate(args["hosts"], 1)}
    for reporter, role in roles.items():
        iam.RolePolicy(
            context.child(f"{reporter}-report-policy"),
            role=role,
            policy=machine.arn.apply(lambda arn: document([report(arn)])),
            opts=context.opts,
        )
