"""Reads the state of all parts of a deployment, some at a time, with the caller's credentials."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from cli.deployment.deployment import Deployment
from cli.status.calls import CONFIG, CallError, called
from cli.status.executions import executions
from cli.status.last_error import last_error
from cli.status.monitored import Monitored, Part
from cli.status.reports import (
    MISSING,
    FunctionReport,
    JournalReport,
    Overview,
    QueueReport,
    StateMachineReport,
    TableReport,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

AT_ONCE: Final = 4
"""CloudWatch Logs allows an account five calls of FilterLogEvents a second."""

SCAN_PAGES: Final = 16
"""Of 1 MB each: 2,048 read units, less than a thousandth of a dollar."""

SCAN_SECONDS: Final = 8.0

_MISSING: Final = frozenset(
    {
        *("ResourceNotFoundException", "StateMachineDoesNotExist"),
        *("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    }
)


def read_overview(deployment: Deployment) -> Overview:
    """The state of every part. CliError NO_CREDENTIALS where the caller has none."""
    monitored, clients = Monitored.of(deployment.outputs), Clients(deployment)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        journal = threads.submit(_journal, clients.dynamodb, monitored.journal)
        functions = [threads.submit(_function, clients, part) for part in monitored.functions]
        tables = [threads.submit(_table, clients.dynamodb, part) for part in monitored.tables]
        machines = [threads.submit(_state_machine, clients.sfn, part) for part in monitored.state_machines]
        queues = [threads.submit(_queue, clients.sqs, part) for part in monitored.queues]
    return Overview(
        journal.result(),
        tuple(one.result() for one in functions),
        tuple(one.result() for one in tables),
        tuple(one.result() for one in machines),
        tuple(one.result() for one in queues),
    )


class Clients:
    """The clients of a deployment's services; made in one thread, used in several."""

    def __init__(self, deployment: Deployment) -> None:
        session = deployment.session()

        def client(service: str) -> Any:  # noqa: ANN401  the attributes know the type
            return session.client(service, endpoint_url=deployment.endpoint, config=CONFIG)

        self.dynamodb: DynamoDBClient = client("dynamodb")
        self.functions: LambdaClient = client("lambda")
        self.logs: CloudWatchLogsClient = client("logs")
        self.sfn: SFNClient = client("stepfunctions")
        self.sqs: SQSClient = client("sqs")


def _journal(dynamodb: "DynamoDBClient", table: str) -> JournalReport:
    if not table:
        return JournalReport()
    from runtime.journal.census import Census, scan_arguments  # noqa: PLC0415  the journal's package takes 40 ms

    census, scanned, until = Census(), 0, time.monotonic() + SCAN_SECONDS
    arguments = scan_arguments(table, time.time())
    for _ in range(SCAN_PAGES):
        try:
            page = called("dynamodb:Scan", table, lambda: dynamodb.scan(**arguments))
        except CallError as error:
            return JournalReport(problem=error.message)
        census.add(page["Items"])
        scanned += page["ScannedCount"]
        if "LastEvaluatedKey" not in page:
            return JournalReport(census.connections, dict(census.runs), scanned)
        if time.monotonic() > until:
            break
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return JournalReport(census.connections, dict(census.runs), scanned, is_complete=False)


def _function(clients: Clients, part: Part) -> FunctionReport:
    try:
        found = called(
            "lambda:GetFunctionConfiguration",
            part.id,
            lambda: clients.functions.get_function_configuration(FunctionName=part.id),
        )
    except CallError as error:
        if error.code in _MISSING:
            return FunctionReport(part.label, part.id, MISSING, _missing("function", part.id))
        return FunctionReport(part.label, part.id, problem=error.message)
    newest, problem = None, None
    if part.log_group:
        try:
            newest = last_error(clients.logs, part.log_group, time.time())
        except CallError as failed:
            problem = failed.message
    return FunctionReport(
        part.label,
        part.id,
        state=found.get("State"),
        state_reason=found.get("StateReason") or None,
        state_reason_code=found.get("StateReasonCode") or None,
        last_update_status=found.get("LastUpdateStatus"),
        last_update_status_reason=found.get("LastUpdateStatusReason") or None,
        last_update_status_reason_code=found.get("LastUpdateStatusReasonCode") or None,
        last_error=newest,
        problem=problem,
    )


def _table(dynamodb: "DynamoDBClient", part: Part) -> TableReport:
    try:
        found = called("dynamodb:DescribeTable", part.id, lambda: dynamodb.describe_table(TableName=part.id))["Table"]
    except CallError as error:
        if error.code in _MISSING:
            return TableReport(part.label, part.id, MISSING, problem=_missing("table", part.id))
        return TableReport(part.label, part.id, problem=error.message)
    return TableReport(part.label, part.id, found["TableStatus"], found.get("ItemCount", 0))


def _state_machine(sfn: "SFNClient", part: Part) -> StateMachineReport:
    try:
        return executions(sfn, part)
    except CallError as error:
        if error.code in _MISSING:
            return StateMachineReport(part.label, part.id, MISSING, problem=_missing("state machine", part.id))
        return StateMachineReport(part.label, part.id, problem=error.message)


def _queue(sqs: "SQSClient", part: Part) -> QueueReport:
    def read() -> Any:  # noqa: ANN401  the two attributes by name
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return sqs.get_queue_attributes(QueueUrl=part.id, AttributeNames=names)["Attributes"]

    name = part.id.rpartition("/")[2]
    try:
        found = called("sqs:GetQueueAttributes", name, read)
    except CallError as error:
        missing = error.code in _MISSING
        return QueueReport(part.label, part.id, problem=_missing("queue", name) if missing else error.message)
    visible, in_flight = found["ApproximateNumberOfMessages"], found["ApproximateNumberOfMessagesNotVisible"]
    return QueueReport(part.label, part.id, int(visible), int(in_flight))


def _missing(kind: str, name: str) -> str:
    return f"there is no {kind} {name} in this account and region; deploy the stack again"
