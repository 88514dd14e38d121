"""What the traced function answers: the reply of a function URL (payload format 2.0)."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from contract.errors import ErrorCode, RunError
from contract.events import timestamp
from runtime.http.problems import INTERNAL_STATUS, RequestError, status_of
from runtime.tracing.export import collector
from runtime.tracing.labels import run_tag

_CANCELLED_STATUS: Final = 409
_LANGFUSE_PATH: Final = "/api/public/otel"
"""Where Langfuse takes spans, below its own address."""

_INTERNAL_MESSAGE: Final = "The request could not be served because of an internal error; send it again."


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run has ended: `response` is the agent's answer, `error` the reason where there is none. A run that was
    cancelled has no code."""

    run_id: str
    query: str
    response: str = ""
    error: str | None = None
    code: ErrorCode | None = None


def traces_page(variables: Mapping[str, str] = os.environ) -> str | None:
    """The address of Langfuse, or the host of another collector, whose path may have a key; None where the stack names
    none."""
    url = collector(variables)
    if not url:
        return None
    parts = urlsplit(url)
    before, is_langfuse, _ = parts.path.partition(_LANGFUSE_PATH)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{before if is_langfuse else ''}"


def run_reply(end: RunEnd, page: str | None) -> dict[str, Any]:
    """The reply to a request that became a run."""
    shared = {"run_id": end.run_id, "timestamp": timestamp(), "query": end.query}
    found = {"langfuse_url": page, "trace_filter": run_tag(end.run_id)}
    headers = {"longrun-run-id": end.run_id}
    if end.error is None:
        return _reply(200, {"success": True, **shared, "response": end.response, **found}, headers)
    status = _CANCELLED_STATUS if end.code is None else status_of(end.code)
    code = {} if end.code is None else {"code": end.code.value}
    return _reply(status, {"success": False, **shared, "error": end.error, **code, **found}, headers)


def problem_reply(problem: RunError) -> dict[str, Any]:
    """The reply to a request that became no run."""
    status = problem.status if isinstance(problem, RequestError) else status_of(problem.code)
    headers = problem.headers if isinstance(problem, RequestError) else {}
    about = {} if problem.run_id is None else {"run_id": problem.run_id}
    body = {"success": False, "timestamp": timestamp(), "error": problem.message, "code": problem.code.value, **about}
    return _reply(status, body, headers)


def internal_reply() -> dict[str, Any]:
    """The reply where the function itself has failed; its log has the reason."""
    body = {"success": False, "timestamp": timestamp(), "error": _INTERNAL_MESSAGE, "code": ErrorCode.INTERNAL.value}
    return _reply(INTERNAL_STATUS, body, {})


def _reply(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    # A model may emit half of a surrogate pair, which UTF-8 does not have: escaped, it passes.
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store", **headers},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
