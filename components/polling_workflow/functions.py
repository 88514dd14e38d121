"""The three functions of a workflow, each with its own role, permissions and log group; none is in a VPC."""

import json
from typing import Any, Final

import pulumi
from pulumi_aws import lambda_, sqs

from components.build_context import BuildContext
from components.functions.code import FunctionCode
from components.functions.function import FunctionSpec, Statements, Variables, create_function, create_identity, grant
from components.journal_table.permissions import record_runs
from components.journal_table.variables import journal_variables
from components.polling_workflow.args import PollingWorkflowArgs, limits_of
from components.polling_workflow.definition import SLACK_SECONDS
from components.polling_workflow.permissions import finalize_runs, invoke_agents
from components.state_machine.function import WorkflowFunction
from components.traces import read_traces_keys, traces_placeholders, traces_variables
from policies.rules.aws_limits import LAMBDA_ASYNC_RETRIES
from runtime import environment

START: Final = FunctionSpec("event-door", "runtime.workflow.start.handler", timeout=30, memory=512)
INVOKER: Final = FunctionSpec("invoker", "runtime.workflow.invoke.handler", timeout=60, memory=512)
FINALIZER: Final = FunctionSpec("workflow-closer", "runtime.workflow.finalize.handler", timeout=60, memory=256)
EVENT_AGE: Final = 3_600
"""Seconds that Lambda keeps an event for the finalizer while it is throttled or fails."""

WorkflowContext = BuildContext[PollingWorkflowArgs]


def start_variables(args: PollingWorkflowArgs) -> dict[str, pulumi.Input[str]]:
    """The pipelines, and the time after which a run counts as lost whatever its workflow does."""
    return {
        environment.PIPELINES: json.dumps(args["pipelines"]),
        environment.DEFAULT_PIPELINE: args["default_pipeline"],
        environment.RUN_TIMEOUT: str(limits_of(args).workflow + SLACK_SECONDS),
    }


def invoker_placeholders(args: PollingWorkflowArgs) -> dict[str, str]:
    """The invoker's environment before ARNs and names are known, with values as long as these get."""
    hosts = [{"arn": "x" * 130, "endpoint": "x" * 48, "agents": host["agents"]} for host in args["hosts"]]
    return {
        environment.AGENT_RUNTIMES: json.dumps(hosts),
        environment.TABLE: "x" * 64,
        environment.PAYLOAD_BUCKET: "x" * 63,
        environment.RETENTION_DAYS: "3650",
        **traces_placeholders(args.get("traces_endpoint", ""), args.get("traces_keys")),
    }


def create_start_handler(context: WorkflowContext, code: FunctionCode) -> WorkflowFunction:
    return _create(context, START, code, pulumi.Output.from_input([]), start_variables(context.args))


def create_invoker(context: WorkflowContext, code: FunctionCode) -> WorkflowFunction:
    statements = _hosts(context).apply(invoke_agents)
    return _create(context, INVOKER, code, statements, {environment.AGENT_RUNTIMES: _addresses(context)})


def create_finalizer(context: WorkflowContext, code: FunctionCode, queue: sqs.Queue) -> WorkflowFunction:
    """EventBridge invokes it asynchronously; events on which it fails go to the dead-letter queue as well."""
    args = context.args
    connections = args["websocket"]["connections_arn"] if "websocket" in args else ""
    known = pulumi.Output.all(_hosts(context), queue.arn, connections)
    statements = known.apply(lambda values: finalize_runs(*values))
    variables: dict[str, pulumi.Input[str]] = {environment.AGENT_RUNTIMES: _addresses(context)}
    if "websocket" in args:
        variables[environment.CALLBACK_URL] = args["websocket"]["callback_url"]
    finalizer = _create(context, FINALIZER, code, statements, variables)
    lambda_.FunctionEventInvokeConfig(
        context.child(f"{FINALIZER.role}-invocation"),
        function_name=finalizer.function.name,
        maximum_retry_attempts=LAMBDA_ASYNC_RETRIES.maximum,
        maximum_event_age_in_seconds=EVENT_AGE,
        destination_config={"on_failure": {"destination": queue.arn}},
        # Lambda checks at once that the role may send to the destination.
        opts=context.after(finalizer.policy),
    )
    return finalizer


def _create(
    context: WorkflowContext, spec: FunctionSpec, code: FunctionCode, statements: Statements, variables: Variables
) -> WorkflowFunction:
    journal = context.args["journal"]
    identity = create_identity(context, spec)
    traces, keys = context.args.get("traces_endpoint", ""), context.args.get("traces_keys")
    known = pulumi.Output.all(
        journal["table_arn"], journal["payload_bucket_arn"], statements, read_traces_keys(traces, keys)
    )
    granted = known.apply(lambda values: [*record_runs(values[0], values[1]), *values[2], *values[3]])
    policy = grant(context, spec, identity, granted)
    everything = {**journal_variables(journal), **traces_variables(traces, keys), **variables}
    function = create_function(context, spec, identity, policy, code, everything)
    return WorkflowFunction(function, policy, identity.role.name, identity.logs.name)


def _hosts(context: WorkflowContext) -> pulumi.Output[list[dict[str, Any]]]:
    return pulumi.Output.all(*context.args["hosts"])


def _addresses(context: WorkflowContext) -> pulumi.Output[str]:
    """As RuntimeAddress reads them."""
    hosts = [{key: host[key] for key in ("arn", "endpoint", "agents")} for host in context.args["hosts"]]
    return pulumi.Output.json_dumps(hosts, sort_keys=True)
