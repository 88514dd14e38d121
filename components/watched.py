"""The parts of a component in its property `monitoring`, which `Operations` watches and `longrun status` shows."""

import pulumi
from pulumi_aws import lambda_, sqs

from components.functions.function import FunctionSpec
from components.refs import FunctionRef, QueueRef


def watched_function(
    spec: FunctionSpec, function: lambda_.Function, log_group: pulumi.Input[str], *, runs_agents: bool = False
) -> FunctionRef:
    """`runs_agents` as in FunctionRef."""
    return {
        "role": spec.role,
        "name": function.name,
        "log_group": log_group,
        "timeout": spec.timeout,
        "runs_agents": runs_agents,
    }


def watched_queue(role: str, queue: sqs.Queue, *, is_read: bool) -> QueueRef:
    """`is_read` as in QueueRef."""
    return {"role": role, "name": queue.name, "url": queue.url, "is_read": is_read}
