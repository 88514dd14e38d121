"""What the functions and services of a workflow may do: pure statements."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from components.arn import ArnParts
from components.iam import Statement, allow, document, post_to_connections, send_messages
from components.mcp_runtime import INVOKE_ACTIONS, invoked
from components.state_machine.permissions import invoke_functions, write_history

LAST_LINES_ACTIONS: Final = ("logs:DescribeLogStreams", "logs:GetLogEvents")

Host = Mapping[str, Any]
"""A HostRef whose outputs are known."""


def run_state_machine(function_arns: Sequence[str], table_arn: str) -> list[Statement]:
    """The state machine invokes its functions, polls the journal, and writes its traces and logs."""
    return [
        invoke_functions(function_arns),
        allow("LookAtJournal", ["dynamodb:Query"], [table_arn]),
        *write_history(),
    ]


def start_runs(state_machine_arn: str) -> str:
    return document([allow("StartRuns", ["states:StartExecution"], [state_machine_arn])])


def invoke_agents(hosts: Sequence[Host]) -> list[Statement]:
    return [allow("InvokeAgents", INVOKE_ACTIONS, _addresses(hosts))]


def finalize_runs(hosts: Sequence[Host], queue: str, connections: str) -> list[Statement]:
    """The finalizer stops sessions, reads the last log lines of a lost agent, and posts the end to sockets; Lambda
    sends its failures to the queue."""
    return [
        allow("StopSessions", ["bedrock-agentcore:StopRuntimeSession"], _addresses(hosts)),
        allow("ReadLastLines", LAST_LINES_ACTIONS, [_log_group(host) for host in hosts]),
        send_messages("SendFailures", queue),
        *([post_to_connections(connections)] if connections else []),
    ]


def _addresses(hosts: Sequence[Host]) -> list[str]:
    return [arn for host in hosts for arn in invoked(host["arn"], host["endpoint"])]


def _log_group(host: Host) -> str:
    return ArnParts.parse(host["arn"]).arn("logs", f"log-group:{host['log_group']}:*")
