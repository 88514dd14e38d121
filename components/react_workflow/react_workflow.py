"""A ReAct agent as a state machine: the model, its tools in containers, and questions to the user."""

from typing import Final

import pulumi

from components.build_context import BuildContext
from components.functions.code import upload_code
from components.react_workflow.args import ReactWorkflowArgs, limits_of, validate
from components.react_workflow.definition import Targets, definition
from components.react_workflow.functions import FINALIZER, INVOKE, STEPS, create_finalizer, create_steps, spec_of
from components.react_workflow.state_machine import allow_reports, create_state_machine
from components.react_workflow.tools import TaskTarget
from components.react_workflow.variables import agent_variables, step_variables
from components.refs import MonitoringRef
from components.state_machine.failure_rule import accept_events, create_dead_letter_queue, create_failure_rule
from components.validation import form_problems, require_valid
from components.watched import watched_function, watched_queue
from policies.rules.lambda_function.environment import environment_problems
from policies.rules.lambda_function.timeout import timeout_problems
from policies.rules.step_functions.definition import definition_problems
from policies.rules.step_functions.portability import portability_problems
from runtime import environment


class ReactWorkflow(pulumi.ComponentResource):
    """A state machine whose every state is a step of an agent: a model call, a tool in a function or a container, a
    question that waits for days. Each failure and each expiry has its handler, and a finalizer ends every run that no
    state could end."""

    state_machine: pulumi.Output[str]
    """ARN of the state machine."""
    dead_letter_queue: pulumi.Output[str]
    """URL of the queue of events that could not be delivered."""
    functions: pulumi.Output[dict[str, str]]
    """Names of the functions by what each is for, such as invoke-llm; the finalizer's among them."""
    log_groups: pulumi.Output[dict[str, str]]
    """Names of their log groups, by the same keys."""

    def __init__(self, name: str, args: ReactWorkflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid(
            "ReactWorkflow",
            name,
            form_problems(args, ReactWorkflowArgs) or validate(args) or _generated_problems(args),
        )
        super().__init__("longrun:index:ReactWorkflow", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        codes = upload_code(context, {"code": args["code"], "worker": args["worker"]})
        queue = create_dead_letter_queue(context)
        steps = create_steps(context, codes)
        finalizer = create_finalizer(context, codes["code"], queue)
        machine = create_state_machine(context, steps)
        allow_reports(context, machine)
        accept_events(context, queue, create_failure_rule(context, machine, finalizer.function, queue))
        functions = {**steps, FINALIZER.role: finalizer}
        self.state_machine = machine.arn
        self.dead_letter_queue = queue.url
        self.functions = pulumi.Output.all(**{role: one.function.name for role, one in functions.items()})
        self.log_groups = pulumi.Output.all(**{role: one.log_group for role, one in functions.items()})
        specs = [(spec_of(args, spec), functions[spec.role]) for spec in (*STEPS, FINALIZER)]
        self.monitoring: MonitoringRef = {
            "component": name,
            "functions": [
                watched_function(spec, one.function, one.log_group, runs_agents=spec.role == INVOKE.role)
                for spec, one in specs
            ],
            "queues": [watched_queue("undelivered", queue, is_read=False)],
            "state_machines": [{"role": "machine", "arn": machine.arn}],
        }
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})


OUTPUTS: Final = tuple(ReactWorkflow.__annotations__)


def _generated_problems(args: ReactWorkflowArgs) -> list[str]:
    """The policy pack's own checks of what is generated from the arguments."""
    task = TaskTarget("cluster", "task", "tool", (), (), assign_public_ip=False, spot=False, seconds=3_600)
    functions = {spec.role.replace("-", "_"): spec.role for spec in STEPS}
    generated = definition(Targets(**functions, eda=task, causal_analysis=task, partition="aws"), limits_of(args))
    later = {
        environment.TABLE: "x" * 64,
        environment.PAYLOAD_BUCKET: "x" * 63,
        environment.RETENTION_DAYS: "3650",
    }
    return [
        *definition_problems(generated),
        *portability_problems(generated),
        *environment_problems({**later, **step_variables(args), **agent_variables(args)}),
        *(problem for spec in STEPS for problem in timeout_problems(spec_of(args, spec).timeout)),
    ]
