"""The worker: awaits one agent to its end, invoked asynchronously and never retried automatically."""

from collections.abc import Callable
from typing import Any

import pulumi
from pulumi_aws import apigatewayv2, iam, lambda_, sqs

from components.arn import provider_region
from components.functions.code import FunctionCode, ImageCode
from components.functions.function import FunctionSpec, Variables, create_function, create_identity, grant
from components.iam import Statement, document
from components.mcp_runtime import call_mcp_runtimes, mcp_server_variables, mcp_variables, read_credentials
from components.model_access import model_variables, use_model
from components.question_times import question_seconds
from components.streaming_lambda.api import connections
from components.streaming_lambda.args import (
    DEFAULT_DEADLINE_MARGIN,
    DEFAULT_WORKER_MEMORY,
    EVENT_AGE,
    WORKER_TIMEOUT,
    StreamingContext,
    StreamingLambdaArgs,
)
from components.streaming_lambda.permissions import invoke_itself, invoke_worker, worker_statements
from components.streaming_lambda.timers import allow_timers, create_timers, set_timers
from components.traces import read_traces_keys, traces_variables
from runtime import environment


def worker_spec(args: StreamingLambdaArgs) -> FunctionSpec:
    memory = args.get("worker_memory", DEFAULT_WORKER_MEMORY)
    return FunctionSpec("worker", "runtime.worker.function.handler", timeout=WORKER_TIMEOUT, memory=memory)


def worker_variables(args: StreamingLambdaArgs) -> dict[str, pulumi.Input[str]]:
    """The worker's own environment, without empty values."""
    own: dict[str, pulumi.Input[str]] = {
        environment.AGENTS: ",".join(args["agents"]),
        environment.DATA_BUCKET: args["data"]["bucket_name"],
        **model_variables(args["model"], provider_region()),
        **mcp_server_variables(args.get("mcp_servers", []), args.get("data_credentials")),
        **mcp_variables(args.get("mcp_runtimes", {})),
        environment.QUESTION_TIMEOUT: question_seconds(args.get("question_timeout")),
        # A program in another language sends its numbers as floats.
        environment.DEADLINE_MARGIN: str(int(args.get("deadline_margin", DEFAULT_DEADLINE_MARGIN))),
        **traces_variables(args.get("traces_endpoint", ""), args.get("traces_keys")),
        **args.get("variables", {}),
    }
    return {name: value for name, value in own.items() if not (isinstance(value, str) and not value)}


def create_worker(
    context: StreamingContext, code: FunctionCode, api: apigatewayv2.Api, queue: sqs.Queue, variables: Variables
) -> tuple[lambda_.Function, pulumi.Output[str]]:
    """Returns the function and the name of its log group."""
    spec = worker_spec(context.args)
    return _create(context, spec, code, connections(api), queue, variables, invoke_worker)


def create_image_worker(
    context: StreamingContext, spec: FunctionSpec, code: ImageCode, queue: sqs.Queue, variables: Variables
) -> tuple[lambda_.Function, pulumi.Output[str]]:
    """As create_worker, for a function that starts its runs itself and has no sockets."""
    return _create(context, spec, code, "", queue, variables, invoke_itself)


def _create(
    context: StreamingContext,
    spec: FunctionSpec,
    code: FunctionCode | ImageCode,
    sockets: pulumi.Input[str],
    queue: sqs.Queue,
    variables: Variables,
    next_runs: Callable[[str], list[Statement]],
) -> tuple[lambda_.Function, pulumi.Output[str]]:
    """`next_runs` is what the function may do to its own ARN."""
    args = context.args
    identity, timers = create_identity(context, spec), create_timers(context)
    arns: pulumi.Output[list[Any]] = pulumi.Output.all(
        args["journal"]["table_arn"],
        args["journal"]["payload_bucket_arn"],
        args["data"]["bucket_arn"],
        sockets,
        queue.arn,
        timers.group.arn,
        timers.role.arn,
    )
    known = pulumi.Output.all(arns, identity.role.arn, *_use_servers(args))
    policy = grant(context, spec, identity, known.apply(lambda values: _statements(args, *values)))
    everything: Variables = {**variables, environment.QUESTION_TIMERS: timers.variable}
    worker = create_function(context, spec, identity, policy, code, everything)
    allow_timers(context, timers, worker)
    iam.RolePolicy(
        # A policy of its own: it names the function, which comes after the other one.
        context.child("worker-next-policy"),
        role=identity.role.name,
        policy=worker.arn.apply(lambda arn: document(next_runs(arn))),
        opts=context.opts,
    )
    _invoke_once(context, worker, queue, policy)
    return worker, identity.logs.name


def _invoke_once(
    context: StreamingContext, worker: lambda_.Function, queue: sqs.Queue, policy: iam.RolePolicy
) -> lambda_.FunctionEventInvokeConfig:
    """A failed invocation is not repeated: it goes to the queue."""
    return lambda_.FunctionEventInvokeConfig(
        context.child("worker-invocation"),
        function_name=worker.name,
        maximum_retry_attempts=0,
        maximum_event_age_in_seconds=EVENT_AGE,
        destination_config={"on_failure": {"destination": queue.arn}},
        # Lambda checks at once that the role may send to the destination.
        opts=context.after(policy),
    )


def _use_servers(args: StreamingLambdaArgs) -> tuple[pulumi.Output[list[Statement]], ...]:
    """Calls of MCP servers on AgentCore, the credentials of others, and those of the collector."""
    return (
        call_mcp_runtimes(args.get("mcp_runtimes", {})),
        read_credentials(args.get("mcp_servers", []), args.get("data_credentials")),
        read_traces_keys(args.get("traces_endpoint", ""), args.get("traces_keys")),
    )


def _statements(args: StreamingLambdaArgs, arns: list[str], role: str, *servers: list[Statement]) -> list[Statement]:
    *known, group, timers_role = arns
    timers = set_timers(group, timers_role)
    used = [statement for statements in servers for statement in statements]
    return [*worker_statements(*known), *timers, *use_model(args["model"], provider_region(), role), *used]
