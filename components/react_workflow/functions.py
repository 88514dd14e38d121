"""The functions of the workflow, each with its own role, permissions and log group; none is in a VPC."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pulumi
from pulumi_aws import lambda_, sqs

from components.arn import provider_region
from components.build_context import BuildContext
from components.data_bucket.permissions import read_files
from components.functions.code import FunctionCode
from components.functions.function import FunctionSpec, create_function, create_identity, grant
from components.iam import Statement, post_to_connections, send_messages
from components.journal_table.permissions import record_runs, write_runs, write_steps
from components.journal_table.variables import journal_variables
from components.mcp_runtime import call_mcp_runtimes, read_credentials
from components.model_access import use_model
from components.react_workflow.args import ReactWorkflowArgs, limits_of, prefix_of
from components.react_workflow.names import STATE_MACHINE, named
from components.react_workflow.permissions import function_arn, machine_arn
from components.react_workflow.steps import STEP_SECONDS
from components.react_workflow.tools import QUERY_SECONDS
from components.react_workflow.variables import agent_variables, next_run_variables, step_variables
from components.state_machine.function import WorkflowFunction
from components.state_machine.permissions import report
from components.streaming_lambda.permissions import invoke_worker
from components.traces import read_traces_keys
from policies.rules.aws_limits import LAMBDA_ASYNC_RETRIES

LIGHT: Final = 512
"""MB: a third of a vCPU, with which a process starts in about a second."""

AGENTS: Final = 1_024
"""MB: what the libraries of agents need."""

EVENT_AGE: Final = 3_600
"""Seconds that Lambda keeps an event for the finalizer while it is throttled or fails."""

PARSE: Final = FunctionSpec("parse-initial-query", "runtime.react.parse_initial_query.handler", STEP_SECONDS, LIGHT)
INVOKE: Final = FunctionSpec("invoke-llm", "runtime.react.invoke_llm.handler", STEP_SECONDS, AGENTS)
DISPATCH: Final = FunctionSpec("dispatch-tool", "runtime.react.dispatch_tool.handler", STEP_SECONDS, LIGHT)
QUERY: Final = FunctionSpec("data-query", "runtime.react.data_query.handler", QUERY_SECONDS, AGENTS)
PROMPT: Final = FunctionSpec("send-prompt", "runtime.react.send_prompt.handler", STEP_SECONDS, LIGHT)
APPEND: Final = FunctionSpec("append-tool-output", "runtime.react.append_tool_output.handler", STEP_SECONDS, LIGHT)
FINISH: Final = FunctionSpec("handle-finish", "runtime.react.handle_finish.handler", STEP_SECONDS, LIGHT)
ERROR: Final = FunctionSpec("handle-error", "runtime.react.handle_error.handler", STEP_SECONDS, LIGHT)
TIMEOUT: Final = FunctionSpec("handle-timeout", "runtime.react.handle_timeout.handler", STEP_SECONDS, LIGHT)
FINALIZER: Final = FunctionSpec("finalizer", "runtime.react.finalizer.handler", STEP_SECONDS, LIGHT)

STEPS: Final = (PARSE, INVOKE, DISPATCH, QUERY, PROMPT, APPEND, FINISH, ERROR, TIMEOUT)
"""The functions that states call."""

WITH_AGENTS: Final = frozenset({INVOKE.role, QUERY.role})
"""Roles of the functions that load the agents."""

ENDING: Final = (FINISH, ERROR, TIMEOUT, FINALIZER)
"""The functions that end runs: each invokes the worker for the next run of the session."""

ReactContext = BuildContext[ReactWorkflowArgs]


def spec_of(args: ReactWorkflowArgs, spec: FunctionSpec) -> FunctionSpec:
    """The function with its physical name and this workflow's limits. invoke-llm has as long as a model call may take;
    the finalizer is not limited, because nothing would end a run in its place."""
    concurrency = None if spec is FINALIZER else args.get("reserved_concurrency")
    timeout = limits_of(args).model if spec is INVOKE else spec.timeout
    return replace(
        spec,
        timeout=timeout,
        name=named(prefix_of(args), spec.role),
        concurrency=None if concurrency is None else int(concurrency),
    )


def create_steps(context: ReactContext, codes: Mapping[str, FunctionCode]) -> dict[str, WorkflowFunction]:
    """The functions that states call, by role."""
    return {
        spec.role: _create(context, spec, codes["worker" if spec.role in WITH_AGENTS else "code"], []) for spec in STEPS
    }


def create_finalizer(context: ReactContext, code: FunctionCode, queue: sqs.Queue) -> WorkflowFunction:
    """EventBridge invokes it asynchronously; events on which it fails go to the dead-letter queue as well."""
    statements = queue.arn.apply(lambda arn: [send_messages("SendFailures", arn)])
    finalizer = _create(context, FINALIZER, code, statements)
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
    context: ReactContext,
    spec: FunctionSpec,
    code: FunctionCode,
    more: pulumi.Input[Sequence[Statement]],
) -> WorkflowFunction:
    args = context.args
    named_spec = spec_of(args, spec)
    identity = create_identity(context, named_spec)
    known = pulumi.Output.all(
        table=args["journal"]["table_arn"],
        payloads=args["journal"]["payload_bucket_arn"],
        data=args["data"]["bucket_arn"],
        connections=args["websocket"]["connections_arn"] if "websocket" in args else "",
        next_worker=args["websocket"]["worker_function"] if "websocket" in args and spec in ENDING else "",
        role=identity.role.arn,
        mcp=call_mcp_runtimes(args.get("mcp_runtimes", {})),
        credentials=read_credentials(args.get("mcp_servers", []), args.get("data_credentials")),
        keys=read_traces_keys(args.get("traces_endpoint", ""), args.get("traces_keys")),
        more=more,
    )
    policy = grant(context, named_spec, identity, known.apply(lambda values: granted(args, spec, values)))
    variables = {
        **journal_variables(args["journal"]),
        **step_variables(args),
        **(agent_variables(args) if spec.role in WITH_AGENTS else {}),
        **(next_run_variables(args) if spec in ENDING else {}),
    }
    function = create_function(context, named_spec, identity, policy, code, variables)
    return WorkflowFunction(function, policy, identity.role.name, identity.logs.name)


def granted(args: ReactWorkflowArgs, spec: FunctionSpec, known: Mapping[str, Any]) -> list[Statement]:
    """What a function may do: each writes events and posts them to sockets, and has what its step needs besides."""
    table, payloads = known["table"], known["payloads"]
    if spec is PARSE:
        journal = record_runs(table, payloads)
    else:
        journal = (write_runs if spec in (INVOKE, *ENDING) else write_steps)(table, payloads)
    machine = machine_arn(table, named(prefix_of(args), STATE_MACHINE))
    return [
        *journal,
        *([post_to_connections(known["connections"])] if known["connections"] else []),
        *(_agents_statements(args, known) if spec.role in WITH_AGENTS else []),
        *known["keys"],
        *([report(machine)] if spec in (PROMPT, *ENDING) else []),
        *(invoke_worker(function_arn(table, known["next_worker"])) if known["next_worker"] else []),
        *known["more"],
    ]


def _agents_statements(args: ReactWorkflowArgs, known: Mapping[str, Any]) -> list[Statement]:
    """What the code of agents may do where it runs: the model's state creates an agent, which may read its data, and
    a tool may be an agent, which calls the model."""
    return [
        *use_model(args["model"], provider_region(), known["role"]),
        *known["mcp"],
        *known["credentials"],
        *read_files(known["data"]),
    ]
