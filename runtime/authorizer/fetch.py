"""Reads a JSON document of an issuer: over https, bounded in size and time, without following redirects."""

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from contract.loopback import LOOPBACK

MAX_BYTES: Final = 512 * 1024
ATTEMPT_SECONDS: Final = 1.5
"""For the connection, and for each part of the answer."""

TOTAL_SECONDS: Final = 3.0
"""For one document; the function's timeout is longer than that of the three documents that may be needed."""

_CHUNK: Final = 16_384
_OK: Final = 200
_MISSING: Final = frozenset({400, 404, 405, 410})
"""What servers answer for metadata that they do not have."""


class FetchError(Exception):
    """The document cannot be read; the message says why. `is_missing`: the server has none at this address."""

    def __init__(self, message: str, *, is_missing: bool = False) -> None:
        super().__init__(message)
        self.is_missing = is_missing


def fetch(url: str) -> Mapping[str, Any]:
    """The JSON object at the address, which is https, or http on this machine itself. Raises FetchError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or parts.scheme not in {"https", "http"} or (parts.scheme == "http" and host not in LOOPBACK):
        raise FetchError("its address is not https")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(host, parts.port, timeout=ATTEMPT_SECONDS)
        try:
            path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            connection.request("GET", path, headers={"Accept": "application/json"})
            return _object(_body(connection.getresponse()))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(f"{host} cannot be reached ({type(error).__name__})") from error


def _body(response: http.client.HTTPResponse) -> bytes:
    if response.status != _OK:
        raise FetchError(f"it answered with HTTP {response.status}", is_missing=response.status in _MISSING)
    deadline, body = time.monotonic() + TOTAL_SECONDS, b""
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise FetchError(f"its answer has more than {MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise FetchError(f"its answer took more than {TOTAL_SECONDS:g} s")
    return body


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise FetchError("its answer is no JSON") from None
    if not isinstance(document, dict):
        raise FetchError("its answer is no JSON object")
    return document
