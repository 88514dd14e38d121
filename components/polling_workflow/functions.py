"""The three functions of a workflow: each with a role, permissions and a log group of its own, none in a VPC."""

import json
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_aws import iam, lambda_, sqs

from components.functions.code import Code
from components.functions.function import FunctionSpec, Statements, Variables, create_function, create_identity, grant
from components.iam import Statement, post_to_connections, send_messages
from components.polling_workflow.args import PollingWorkflowArgs, limits_of
from components.polling_workflow.definition import SLACK_SECONDS
from components.polling_workflow.permissions import invoke_agents, read_last_lines, stop_sessions
from components.polling_workflow.scope import WorkflowScope
from policies.rules.aws_limits import LAMBDA_ASYNC_RETRIES
from runtime import environment

DOOR: Final = FunctionSpec("event-door", "runtime.workflow.start.handler", timeout=30, memory=512)
INVOKER: Final = FunctionSpec("invoker", "runtime.workflow.invoke.handler", timeout=60, memory=512)
CLOSER: Final = FunctionSpec("workflow-closer", "runtime.workflow.finalize.handler", timeout=60, memory=256)
EVENT_AGE: Final = 3_600
"""Seconds for which Lambda keeps what the closer is told, while it is throttled or fails."""


@dataclass(frozen=True, slots=True)
class Part:
    """A function, the permissions of its role, and the names of its role and log group."""

    function: lambda_.Function
    policy: iam.RolePolicy
    role: pulumi.Output[str]
    log_group: pulumi.Output[str]


def door_variables(args: PollingWorkflowArgs) -> dict[str, pulumi.Input[str]]:
    """Which pipelines there are, and when a run counts as lost whatever became of its workflow."""
    return {
        environment.PIPELINES: json.dumps(args["pipelines"]),
        environment.DEFAULT_PIPELINE: args["default_pipeline"],
        environment.RUN_TIMEOUT: str(limits_of(args).workflow + SLACK_SECONDS),
    }


def create_door(scope: WorkflowScope, code: Code) -> Part:
    return _create(scope, DOOR, code, pulumi.Output.from_input([]), door_variables(scope.args))


def create_invoker(scope: WorkflowScope, code: Code) -> Part:
    statements = _hosts(scope).apply(lambda hosts: [invoke_agents(hosts)])
    return _create(scope, INVOKER, code, statements, {environment.AGENT_RUNTIMES: _addresses(scope)})


def create_closer(scope: WorkflowScope, code: Code, undelivered: sqs.Queue) -> Part:
    """EventBridge calls it asynchronously: what it fails at to the last goes where undelivered events go."""
    args = scope.args
    known = pulumi.Output.all(_hosts(scope), undelivered.arn, args.get("connections_arn", ""))
    statements = known.apply(lambda values: _closing(*values))
    variables: dict[str, pulumi.Input[str]] = {environment.AGENT_RUNTIMES: _addresses(scope)}
    if "callback_url" in args:
        variables[environment.CALLBACK_URL] = args["callback_url"]
    closer = _create(scope, CLOSER, code, statements, variables)
    lambda_.FunctionEventInvokeConfig(
        scope.child(f"{CLOSER.role}-invocation"),
        function_name=closer.function.name,
        maximum_retry_attempts=LAMBDA_ASYNC_RETRIES.maximum,
        maximum_event_age_in_seconds=EVENT_AGE,
        destination_config={"on_failure": {"destination": undelivered.arn}},
        # Lambda checks when it takes the destination that the role may send to it.
        opts=scope.after(closer.policy),
    )
    return closer


def _closing(hosts: list[dict[str, Any]], undelivered: str, connections: str) -> list[Statement]:
    sockets = [post_to_connections(connections)] if connections else []
    return [stop_sessions(hosts), read_last_lines(hosts), send_messages("SendFailures", undelivered), *sockets]


def _create(scope: WorkflowScope, spec: FunctionSpec, code: Code, statements: Statements, variables: Variables) -> Part:
    args = scope.args
    journal: Variables = {
        environment.TABLE: args["table_name"],
        environment.PAYLOAD_BUCKET: args["payload_bucket"],
        environment.RETENTION_DAYS: str(args["run_retention_days"]),
    }
    identity = create_identity(scope, spec)
    policy = grant(scope, spec, identity, [args["keep_policy"]], statements)
    function = create_function(scope, spec, identity, policy, code, {**journal, **variables})
    return Part(function, policy, identity.role.name, identity.logs.name)


def _hosts(scope: WorkflowScope) -> pulumi.Output[list[dict[str, Any]]]:
    return pulumi.Output.all(*scope.args["hosts"])


def _addresses(scope: WorkflowScope) -> pulumi.Output[str]:
    """As RuntimeAddress reads them."""
    hosts = [{key: host[key] for key in ("arn", "endpoint", "agents")} for host in scope.args["hosts"]]
    return pulumi.Output.json_dumps(hosts, sort_keys=True)
