"""Reads a trace from X-Ray, or from CloudWatch Logs with Transaction Search, and converts its segments to spans."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cli.errors import CliError
from cli.traces.spans import Span

if TYPE_CHECKING:
    from mypy_boto3_xray import XRayClient

RETRIEVAL_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.5
_RUNNING: Final = ("SCHEDULED", "RUNNING")
_MARGIN: Final = 3_600
"""Seconds before and after the workflow that are searched: the event is before it, and its spans may be after it."""


def xray_spans(client: "XRayClient", trace_id: str, start: float, end: float) -> list[Span]:
    """The trace's spans; [] if X-Ray does not know the trace (yet). Raises CliError and botocore's errors."""
    documents = _documents(client, f"1-{trace_id[:8]}-{trace_id[8:]}", start, end)
    return [span for document in documents for span in _spans(trace_id, json.loads(document), "")]


def _documents(client: "XRayClient", xray_id: str, start: float, end: float) -> list[str]:
    # With Transaction Search, which agents need to export spans, traces are in CloudWatch Logs only.
    if client.get_trace_segment_destination().get("Destination") == "CloudWatchLogs":
        return _retrieved(client, xray_id, start - _MARGIN, end + _MARGIN)
    traces = client.batch_get_traces(TraceIds=[xray_id])["Traces"]
    return [segment["Document"] for trace in traces for segment in trace.get("Segments", [])]


def _retrieved(client: "XRayClient", xray_id: str, start: float, end: float) -> list[str]:
    begin, until = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    token = client.start_trace_retrieval(TraceIds=[xray_id], StartTime=begin, EndTime=until)["RetrievalToken"]
    deadline = time.monotonic() + RETRIEVAL_SECONDS
    while True:
        page = client.list_retrieved_traces(RetrievalToken=token, TraceFormat="XRAY")
        status = page["RetrievalStatus"]
        if status not in _RUNNING:
            break
        if time.monotonic() > deadline:
            raise CliError("NO_ANSWER", f"X-Ray did not find the trace within {RETRIEVAL_SECONDS:.0f} s; try again")
        time.sleep(POLL_SECONDS)
    if status != "COMPLETE":
        raise CliError("NO_ANSWER", f"X-Ray ended the search for the trace as {status}; try again")
    found = [span["Document"] for trace in page["Traces"] for span in trace.get("Spans", [])]
    while next_token := page.get("NextToken"):
        page = client.list_retrieved_traces(RetrievalToken=token, TraceFormat="XRAY", NextToken=next_token)
        found += [span["Document"] for trace in page["Traces"] for span in trace.get("Spans", [])]
    return found


def _spans(trace_id: str, segment: Mapping[str, Any], parent_id: str) -> Iterator[Span]:
    """The span of a segment and those of its subsegments."""
    start = float(segment["start_time"])
    failed = any(segment.get(flag) for flag in ("error", "fault", "throttle"))
    running = bool(segment.get("in_progress")) or "end_time" not in segment
    yield Span(
        trace_id=trace_id,
        span_id=str(segment["id"]),
        parent_id=str(segment.get("parent_id", parent_id)),
        name=str(segment["name"]),
        service=str(segment["name"]) if not parent_id else "",
        start=start,
        end=time.time() if running else float(segment["end_time"]),
        status="ERROR" if failed else "UNSET" if running else "OK",
        error=_cause(segment) if failed else "",
        attributes=_attributes(segment),
    )
    for inner in segment.get("subsegments", []):
        yield from _spans(trace_id, inner, str(segment["id"]))


def _cause(segment: Mapping[str, Any]) -> str:
    cause = segment.get("cause")
    exceptions = cause.get("exceptions", []) if isinstance(cause, dict) else []
    return str(exceptions[0].get("message", "")) if exceptions else ""


def _attributes(segment: Mapping[str, Any]) -> dict[str, Any]:
    metadata = segment.get("metadata", {})
    spaces = {key: value for space in metadata.values() if isinstance(space, dict) for key, value in space.items()}
    kept = {key: segment[key] for key in ("origin",) if key in segment}
    return {**spaces, **segment.get("annotations", {}), **kept}
