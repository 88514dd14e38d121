"""Encodes AWS's event streams (application/vnd.amazon.eventstream); botocore only decodes them."""

import json
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_STRING_HEADER = 7
_PRELUDE_BYTES = 12
_TRAILER_BYTES = 4


def encode_event(kind: str, body: Mapping[str, Any]) -> bytes:
    """One event of the stream, for example `contentBlockDelta`."""
    return encode_message({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, body)


def encode_exception(kind: str, message: str) -> bytes:
    """An exception inside a stream that has begun, for example `modelStreamErrorException`; it ends the stream."""
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return encode_message(headers, {"message": message})


def encode_message(headers: Mapping[str, str], body: Mapping[str, Any]) -> bytes:
    """A message: lengths, CRC of the prelude, string headers, JSON payload, CRC of everything before it."""
    head = b"".join(_encode_header(name, value) for name, value in headers.items())
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    lengths = struct.pack("!II", _PRELUDE_BYTES + len(head) + len(payload) + _TRAILER_BYTES, len(head))
    message = lengths + struct.pack("!I", crc32(lengths)) + head + payload
    return message + struct.pack("!I", crc32(message))


def _encode_header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", _STRING_HEADER, len(text)) + text
