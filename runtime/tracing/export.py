"""Exports finished spans to a collector: OTLP over HTTP as JSON, bounded in time; a failure never reaches the
caller."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from contract.trace_context import TraceContext
from runtime.process.logs import log

if TYPE_CHECKING:
    from runtime.tracing.keys import CollectorKeys

Attribute = str | bool | int | float | tuple[str, ...]

PATIENCE: Final = 1.0
"""The longest time, in seconds, that an invocation waits for the collector."""

_TRACES_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_TRACES_HEADERS: Final = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
_HEADERS: Final = "OTEL_EXPORTER_OTLP_HEADERS"
_KIND_INTERNAL: Final = 1
_STATUS_OK: Final = 1
_STATUS_ERROR: Final = 2


@dataclass(frozen=True, slots=True)
class FinishedSpan:
    """Times are Unix nanoseconds; `parent_id` and `error` are empty where there is none."""

    name: str
    context: TraceContext
    parent_id: str
    start: int
    end: int
    attributes: Mapping[str, Attribute]
    error: str = ""

    def to_json(self) -> dict[str, object]:
        """OTLP's JSON form: ids in hexadecimal digits, 64-bit numbers as text."""
        status = {"code": _STATUS_ERROR, "message": self.error} if self.error else {"code": _STATUS_OK}
        return {
            "traceId": self.context.trace_id,
            "spanId": self.context.span_id,
            "parentSpanId": self.parent_id,
            "name": self.name,
            "kind": _KIND_INTERNAL,
            "startTimeUnixNano": str(self.start),
            "endTimeUnixNano": str(self.end),
            "attributes": [_attribute(key, value) for key, value in self.attributes.items()],
            "status": status,
        }


def collector(variables: Mapping[str, str] = os.environ) -> str:
    """The address that takes traces, empty where no collector is named."""
    base = variables.get(_ENDPOINT, "")
    return variables.get(_TRACES_ENDPOINT, "") or (f"{base.rstrip('/')}/v1/traces" if base else "")


def export(
    service: str,
    spans: Sequence[FinishedSpan],
    variables: Mapping[str, str] = os.environ,
    keys: "CollectorKeys | None" = None,
    *,
    meanwhile: Callable[[], object] = lambda: None,
    waits: bool = True,
) -> None:
    """Post the spans, if a collector is named; a line in the log where that fails. `keys` are the collector's, by
    default those that the variables name. `meanwhile` is called in any case, and may raise. Returns at once after it
    unless it `waits`: for a process that goes on."""
    url = collector(variables)
    if not url or not spans:
        meanwhile()
        return
    # In a thread, as a name that does not resolve would hold a socket longer than any of its time limits.
    post = Thread(target=_post, args=(url, variables, keys, _document(service, spans)), daemon=True)
    until = time.monotonic() + PATIENCE
    post.start()
    try:
        meanwhile()
    finally:
        if waits:
            post.join(max(0.0, until - time.monotonic()))
            if post.is_alive():
                log(
                    "tracing.not_exported",
                    level="WARNING",
                    collector=urlsplit(url).hostname,
                    reason="no answer in time",
                )


def _post(url: str, variables: Mapping[str, str], keys: "CollectorKeys | None", document: Mapping[str, object]) -> None:
    from http.client import HTTPException  # noqa: PLC0415  only with a collector

    from runtime.tracing.keys import REJECTED, collector_keys  # noqa: PLC0415  as above

    keys = keys or collector_keys(variables)
    try:
        status = _send(url, {**_headers(variables), **(keys.headers(url) if keys else {})}, document)
        if keys and status in REJECTED and keys.renew():
            status = _send(url, {**_headers(variables), **keys.headers(url)}, document)
        reason = "" if 200 <= status < 300 else f"HTTP {status}"  # noqa: PLR2004  the range of success
    except (OSError, HTTPException, ValueError) as error:
        reason = type(error).__name__
    if reason:
        log("tracing.not_exported", level="WARNING", collector=urlsplit(url).hostname, reason=reason)


def _send(url: str, headers: Mapping[str, str], document: Mapping[str, object]) -> int:
    """Returns the HTTP status."""
    from http.client import HTTPConnection, HTTPSConnection  # noqa: PLC0415  only with a collector

    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", path, json.dumps(document), {**headers, "Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def _headers(variables: Mapping[str, str]) -> dict[str, str]:
    """Further headers for the collector: `name=value,name=value`, values in URL encoding."""
    given = variables.get(_TRACES_HEADERS) or variables.get(_HEADERS, "")
    pairs = (pair.partition("=") for pair in given.split(",") if "=" in pair)
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _document(service: str, spans: Sequence[FinishedSpan]) -> dict[str, object]:
    resource = {"attributes": [_attribute("service.name", service)]}
    scope = {"scope": {"name": "longrun"}, "spans": [span.to_json() for span in spans]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _attribute(key: str, value: Attribute) -> dict[str, object]:
    match value:
        case bool():
            return {"key": key, "value": {"boolValue": value}}
        case int():
            return {"key": key, "value": {"intValue": str(value)}}
        case float():
            return {"key": key, "value": {"doubleValue": value}}
        case str():
            return {"key": key, "value": {"stringValue": value}}
        case tuple():
            return {"key": key, "value": {"arrayValue": {"values": [{"stringValue": text} for text in value]}}}
