"""`longrun ask --workflow`: starts an execution of the ReAct workflow, then follows the run that it is."""

from typing import Final

from cli.commands.ask_options import StartOptions
from cli.commands.background import sandbox_keys
from cli.deployment.connection import ARRIVAL_SECONDS, run_async, target_of
from cli.deployment.deployment import Deployment
from cli.errors import SUCCESS, CliError
from cli.options import TargetOptions
from cli.output import Output
from cli.runs.follow import follow_run, way_to_resume
from cli.runs.summary import Summary, show, show_next
from client import Execution, Workflow, new_run_id

_CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}
"""The domain of the console in each partition."""


def ask_workflow(
    question: str, how: StartOptions, deployment: Deployment, target: TargetOptions, output: Output, *, wait: bool
) -> int:
    """Starts the run and, without --detach, follows it to its end. The exit code of the run."""
    workflow = workflow_of(deployment, target.user)
    summary = Summary(how.run_id or new_run_id())
    with way_to_resume(summary, deployment, target), output.busy("starting the workflow"):
        started = run_async(workflow.start(question, how.agent, how.session, summary.run_id, how.answers or ()))
    summary.accepted(how.session or summary.run_id)
    output.line(f"run {summary.run_id}", "bold")
    output.line(f"execution {_shown(started, deployment)}", "dim")
    ids = {"execution": started.arn, "trace_id": started.trace_id}
    if how.detach:
        output.document({"run_id": summary.run_id} | ids)
        output.line(f"it runs by itself; follow it with 'longrun watch {summary.run_id}{target.words()}'")
        return SUCCESS
    with way_to_resume(summary, deployment, target):
        follow_run(
            output,
            deployment,
            target,
            summary,
            lambda client: client.watch(summary.run_id, patience=ARRIVAL_SECONDS),
            wait=wait,
        )
    output.document(summary.document() | ids)
    show(output, summary)
    show_next(output, summary, target.words())
    return summary.exit_code


def workflow_of(deployment: Deployment, user: str | None) -> Workflow:
    """The ReAct workflow of the deployment. CliError if none is known."""
    if not deployment.outputs:
        message = "--url gives the WebSocket address only, and a workflow is started by its state machine"
        raise CliError("USAGE", f"{message}; give --stack NAME for a stack, or neither for the sandbox")
    arn = deployment.outputs.get("workflow_state_machine")
    if not arn:
        message = f"{deployment.name} has no output 'workflow_state_machine', so it has no ReAct workflow"
        raise CliError("STACK_UNREADABLE", f"{message}; deploy this version of the program to it")
    return Workflow(str(arn), target_of(deployment, user), deployment.endpoint, sandbox_keys(deployment))


def _shown(started: Execution, deployment: Deployment) -> str:
    """Where a person finds the execution: in AWS's console, or by its ARN in a sandbox."""
    _, partition, _, region, *_ = started.arn.split(":")
    domain = _CONSOLES.get(partition)
    if deployment.endpoint is not None or domain is None:
        return started.arn
    return f"https://{region}.{domain}/states/home?region={region}#/v2/executions/details/{started.arn}"
