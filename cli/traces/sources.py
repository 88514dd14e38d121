"""Reads the spans of a run from the sandbox's collector or from AWS X-Ray."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from cli.deployment.deployment import Deployment
from cli.errors import CliError, one_line
from cli.traces.spans import EVENT, START, Execution, Span, joined
from contract.sandbox_access import HEADER

if TYPE_CHECKING:
    from botocore.config import Config

TIMEOUT_SECONDS: Final = 10.0
"""For a request to the sandbox's collector."""

_NOT_FOUND: Final = 404
_SECOND: Final = 0.999
_RETENTION: Final = 90 * 86_400.0
"""The seconds for which Step Functions keeps an execution."""


def read_spans(deployment: Deployment, trace_id: str, workflow: str = "") -> list[Span]:
    """The spans of a trace by their start, as one tree. `workflow` is the ARN of the run's execution, if known.

    Raises CliError: NO_TRACE if no span has arrived yet, UNREACHABLE if spans cannot be read.
    """
    execution = _execution(deployment, workflow) if workflow else None
    if deployment.endpoint is None:
        spans = _from_xray(deployment, trace_id, execution)
    else:
        spans = _from_sandbox(deployment, trace_id)
    found = joined(trace_id, spans, execution)
    if not found:
        raise CliError(
            "NO_TRACE", f"no span of trace {trace_id} has arrived; processes send theirs when they end: try again"
        )
    return found


def _from_sandbox(deployment: Deployment, trace_id: str) -> list[Span]:
    import httpx  # noqa: PLC0415  importing it takes 100 ms, and X-Ray does not need it

    if deployment.sidecar_url is None:
        raise CliError("NO_SANDBOX", f"the sidecar of {deployment.name}, which has its traces, is not known")
    try:
        url = f"{deployment.sidecar_url}/_longrun/traces/{trace_id}"
        headers = {HEADER: deployment.keys.secret} if deployment.keys else {}
        answer = httpx.get(url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False)
        if answer.status_code == _NOT_FOUND:
            return []
        answer.raise_for_status()
        return [Span(**span) for span in answer.json()["spans"]]
    except (httpx.HTTPError, ValueError) as error:
        raise CliError("UNREACHABLE", f"the sandbox's traces cannot be read: {one_line(str(error))}") from error


def _from_xray(deployment: Deployment, trace_id: str, execution: Execution | None) -> list[Span]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from cli.traces.xray import xray_spans  # noqa: PLC0415

    now = time.time()
    start, end = (execution.start, execution.end) if execution else (now - _RETENTION, now)
    try:
        return xray_spans(deployment.session().client("xray", config=_config()), trace_id, start, end)
    except (BotoCoreError, ClientError) as error:
        raise CliError("UNREACHABLE", f"X-Ray cannot be read: {one_line(str(error))}") from error


def _execution(deployment: Deployment, workflow: str) -> Execution | None:
    """The workflow's execution; None if Step Functions has deleted it."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = deployment.session().client("stepfunctions", endpoint_url=deployment.endpoint, config=_config())
    try:
        found: Mapping[str, Any] = client.describe_execution(executionArn=workflow)
    except client.exceptions.ExecutionDoesNotExist:
        return None
    except (BotoCoreError, ClientError) as error:
        raise CliError("UNREACHABLE", f"Step Functions cannot be read: {one_line(str(error))}") from error
    start = found["startDate"].timestamp()
    end = found["stopDate"].timestamp() if found.get("stopDate") else time.time()
    error_message = str(found.get("cause") or found.get("error") or "")
    return Execution(workflow, start, end, str(found["status"]), error_message, *_cause(found, start))


def _cause(execution: Mapping[str, Any], start: float) -> tuple[float, str]:
    """When what started the execution began, at the latest, and what it was. EventBridge records whole seconds."""
    try:
        whole = datetime.fromisoformat(json.loads(execution["input"])["time"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return start, START
    return min(whole + _SECOND, start), EVENT


def _config() -> "Config":
    from botocore.config import Config  # noqa: PLC0415

    return Config(retries={"total_max_attempts": 3}, connect_timeout=5)
