"""The sandbox's collector: receives spans by OTLP/HTTP, and returns them by trace for `longrun trace` and tests."""

import asyncio
import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.sidecar.traces.otlp import JSON, PROTOBUF, OtlpError, Span, read_spans

MAX_SPANS = 50_000
MAX_BYTES = 64 * 1024 * 1024
"""The size of spans is that of their JSON. Over either limit, the trace without a new span for the longest time is
dropped."""

LISTED = 100


class TraceStore:
    """The newest traces, in memory. Only the sidecar's event loop uses it, so there is no lock."""

    def __init__(self, max_spans: int = MAX_SPANS, max_bytes: int = MAX_BYTES) -> None:
        self._max_spans = max_spans
        self._max_bytes = max_bytes
        self._traces: dict[str, dict[str, tuple[Span, int]]] = {}
        """By trace id and span id, each span with its size; the trace with the newest span is last."""
        self.spans = 0
        self.bytes = 0
        self.dropped = 0
        self.repeated = 0

    def add(self, spans: Iterable[tuple[Span, int]]) -> int:
        """Stores the spans, each given with its size; returns how many were rejected, because their own trace fills the
        store.

        A span that is already stored is counted and ignored: an exporter repeats what was not answered.
        """
        rejected = 0
        for span, size in spans:
            trace = self._traces.pop(span.trace_id, {})
            self._traces[span.trace_id] = trace
            if span.span_id in trace:
                self.repeated += 1
                continue
            self._make_room(size, keep=span.trace_id)
            if self._is_full(size):
                rejected += 1
                continue
            trace[span.span_id] = (span, size)
            self.spans += 1
            self.bytes += size
        self.dropped += rejected
        return rejected

    def trace(self, trace_id: str) -> list[Span] | None:
        """Returns the trace's spans in the order of their start, None for an unknown trace."""
        trace = self._traces.get(trace_id)
        return None if trace is None else sorted((span for span, _ in trace.values()), key=lambda span: span.start)

    def newest(self) -> list[dict[str, Any]]:
        """Returns the ids of traces, the one with the newest span first."""
        found = [{"trace_id": trace_id, "spans": len(trace)} for trace_id, trace in self._traces.items()]
        return found[: -LISTED - 1 : -1]

    def _is_full(self, size: int) -> bool:
        return self.spans + 1 > self._max_spans or self.bytes + size > self._max_bytes

    def _make_room(self, size: int, keep: str) -> None:
        for trace_id in list(self._traces):
            if trace_id == keep or not self._is_full(size):
                return
            gone = self._traces.pop(trace_id)
            self.spans -= len(gone)
            self.bytes -= sum(size for _, size in gone.values())
            self.dropped += len(gone)


class Traces:
    """The collector's routes."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        return [
            Route("/v1/traces", self._take, methods=["POST"]),
            Route("/_longrun/traces", self._list, methods=["GET"]),
            Route("/_longrun/traces/{trace_id}", self._show, methods=["GET"]),
        ]

    async def _take(self, request: Request) -> Response:
        headers, body = request.headers, await request.body()
        content_type = headers.get("content-type", "")
        try:
            # In a thread, because parsing a full batch takes longer than the model's pause between two tokens.
            spans = await asyncio.to_thread(_measured, body, content_type, headers.get("content-encoding", ""))
        except OtlpError as error:
            return JSONResponse({"code": 3, "message": str(error)}, error.status)
        rejected = self._store.add(spans)
        if content_type.startswith(PROTOBUF):
            return Response(_partial_success(rejected), media_type=PROTOBUF)
        partial = {"rejectedSpans": str(rejected), "errorMessage": "the store is full"} if rejected else {}
        return JSONResponse({"partialSuccess": partial}, media_type=JSON)

    async def _list(self, _: Request) -> Response:
        store = self._store
        counts = {"spans": store.spans, "bytes": store.bytes, "dropped": store.dropped, "repeated": store.repeated}
        return JSONResponse({"traces": store.newest(), **counts})

    async def _show(self, request: Request) -> Response:
        trace_id = request.path_params["trace_id"]
        spans = self._store.trace(trace_id)
        if spans is None:
            message = f"There is no trace {trace_id}; /_longrun/traces lists the stored ones."
            return JSONResponse({"error": message, "code": "UNKNOWN_TRACE"}, 404)
        return JSONResponse({"trace_id": trace_id, "spans": [dataclasses.asdict(span) for span in spans]})


def _measured(body: bytes, content_type: str, encoding: str) -> list[tuple[Span, int]]:
    spans = read_spans(body, content_type, encoding)
    return [(span, len(json.dumps(dataclasses.asdict(span), default=str))) for span in spans]


def _partial_success(rejected: int) -> bytes:
    if not rejected:
        return b""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415  already imported by the parser
        ExportTraceServiceResponse,
    )

    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = rejected
    answer.partial_success.error_message = "the store is full"
    return bytes(answer.SerializeToString())
