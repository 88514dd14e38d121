"""What the functions may do: pure statements. `connections` is empty without a WebSocket."""

from components.data_bucket.permissions import read_files
from components.iam import QUEUE_CONSUME_ACTIONS, Statement, allow, post_to_connections, send_messages
from components.journal_table.permissions import keep_sessions, list_run_files, record_runs, write_runs


def gateway_statements(table: str, payloads: str, connections: str, worker: str) -> list[Statement]:
    """Records runs, posts to sockets, starts workers, and lists the files of a run."""
    return [
        *record_runs(table, payloads),
        post_to_connections(connections),
        allow("InvokeWorker", ["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"], [worker]),
        list_run_files(payloads),
    ]


def worker_statements(table: str, payloads: str, data: str, connections: str, queue: str) -> list[Statement]:
    """Writes runs, reads the agents' data, posts to sockets where there are any; Lambda sends its failures to the
    queue."""
    return [
        *write_runs(table, payloads),
        *read_files(data),
        *([post_to_connections(connections)] if connections else []),
        send_messages("SendFailures", queue),
    ]


def invoke_itself(function: str) -> list[Statement]:
    """Starts runs, and those that follow in a session; where it cannot, asks Lambda why."""
    return [allow("InvokeWorker", ["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"], [function])]


def invoke_worker(worker: str) -> list[Statement]:
    """Starts workers: the gateway, and for the next run of a session whoever ends one."""
    return [allow("InvokeWorker", ["lambda:InvokeFunction"], [worker])]


def dead_letter_statements(table: str, payloads: str, connections: str, queue: str, worker: str) -> list[Statement]:
    """Records the ends of runs and what was said, posts the ends to sockets, reads the queue, and starts the worker of
    the next run."""
    return [
        *invoke_worker(worker),
        *record_runs(table, payloads),
        *keep_sessions(payloads),
        *([post_to_connections(connections)] if connections else []),
        allow("ConsumeFailures", QUEUE_CONSUME_ACTIONS, [queue]),
    ]


def close_connections(connections: str) -> Statement:
    """Close sockets. `connections` is the resource of posts to them."""
    return allow("CloseConnections", ["execute-api:ManageConnections"], [connections.replace("/POST/", "/DELETE/")])
