"""Parses OTLP/HTTP requests into spans: protobuf or JSON, compressed or not."""

import base64
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
MAX_BODY_BYTES = 16 * 1024 * 1024
"""The limit of one request, after decompression."""

_WINDOW_BITS = {"gzip": 31, "deflate": 15}
_STATUS_NAMES = ("UNSET", "OK", "ERROR")


class OtlpError(ValueError):
    """The request is not valid OTLP; `status` is the HTTP status of the response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Span:
    """`start` and `end` are Unix seconds, `status` is UNSET, OK or ERROR, `error` is the status message."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    service: str
    start: float
    end: float
    status: str
    error: str
    attributes: Mapping[str, Any]


def read_spans(body: bytes, content_type: str, encoding: str) -> list[Span]:
    """Returns the spans of a request's body. Raises OtlpError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (PROTOBUF, JSON):
        raise OtlpError(415, f"The content type is {content_type!r}; send {PROTOBUF} or {JSON}.")
    plain = _unpacked(body, encoding.strip().lower())
    try:
        return list(_spans(_from_json(plain) if kind == JSON else _from_protobuf(plain)))
    except OtlpError:
        raise
    except Exception as error:  # errors of protobuf and JSON, and of unexpected structures
        raise OtlpError(400, f"The body is not an ExportTraceServiceRequest: {error}") from error


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        plain = body
    elif encoding in _WINDOW_BITS:
        try:
            unpacker = zlib.decompressobj(_WINDOW_BITS[encoding])
            plain = unpacker.decompress(body, MAX_BODY_BYTES + 1)
        except zlib.error as error:
            raise OtlpError(400, f"The body is not {encoding}: {error}") from error
    else:
        raise OtlpError(415, f"The content encoding is {encoding!r}; send gzip, deflate or none.")
    if len(plain) > MAX_BODY_BYTES:
        raise OtlpError(413, f"The body has more than {MAX_BODY_BYTES} bytes; send smaller batches.")
    return plain


def _from_protobuf(body: bytes) -> Any:  # noqa: ANN401  protobuf's classes have no types
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415  30 ms, paid when spans arrive
        ExportTraceServiceRequest,
    )

    return ExportTraceServiceRequest.FromString(body)


def _from_json(body: bytes) -> Any:  # noqa: ANN401  protobuf's classes have no types
    from google.protobuf.json_format import ParseDict  # noqa: PLC0415
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTraceServiceRequest,
    )

    document = json.loads(body)
    for resource in document.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                # OTLP writes ids in hex, where protobuf's JSON has base64.
                for name in span.keys() & {"traceId", "spanId", "parentSpanId"}:
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
                span.pop("links", None)
    return ParseDict(document, ExportTraceServiceRequest(), ignore_unknown_fields=True)


def _spans(request: Any) -> Iterator[Span]:  # noqa: ANN401  protobuf's classes have no types
    for resource in request.resource_spans:
        service = str(_attributes(resource.resource.attributes).get("service.name", ""))
        for scope in resource.scope_spans:
            for span in scope.spans:
                if len(span.trace_id) != 16 or len(span.span_id) != 8:  # noqa: PLR2004  bytes, by the specification
                    raise OtlpError(400, f"The span {span.name!r} has no valid trace id and span id.")
                yield Span(
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    name=span.name,
                    service=service,
                    start=span.start_time_unix_nano / 1e9,
                    end=span.end_time_unix_nano / 1e9,
                    status=_STATUS_NAMES[span.status.code],
                    error=span.status.message,
                    attributes=_attributes(span.attributes),
                )


def _attributes(pairs: Any) -> dict[str, Any]:  # noqa: ANN401  protobuf's classes have no types
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:  # noqa: ANN401  protobuf's classes have no types
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "double_value" if not math.isfinite(value.double_value):
            return str(value.double_value)  # JSON has no infinity and no NaN
        case kind:
            return getattr(value, kind)
