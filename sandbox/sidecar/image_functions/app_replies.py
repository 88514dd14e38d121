"""The payload that the Lambda Web Adapter makes of an app's HTTP reply."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any, Final

from sandbox.sidecar.image_functions.function import SEPARATOR

_DROPPED: Final = frozenset({"connection", "transfer-encoding"})
_COOKIE: Final = "set-cookie"
_TEXT: Final = re.compile(r"text/|application/(json|javascript|xml)|.*(charset=|\+json|\+xml)", re.IGNORECASE)

Headers = Iterable[tuple[str, str]]


def prelude(status: int, headers: Headers) -> bytes:
    """Returns the beginning of a streamed reply, after which the body follows."""
    grouped, cookies = _grouped(headers)
    single = {name: values[0] if len(values) == 1 else values for name, values in grouped.items()}
    return json.dumps({"statusCode": status, "headers": single, "cookies": cookies}).encode() + SEPARATOR


def buffered(status: int, headers: Headers, body: bytes) -> bytes:
    """Returns a whole reply in the payload format 2.0."""
    grouped, cookies = _grouped(headers)
    is_text = "content-encoding" not in grouped and _TEXT.match(", ".join(grouped.get("content-type", ())))
    text = _decoded(body) if is_text or not body else None
    reply: dict[str, Any] = {
        "statusCode": status,
        "headers": {name: ", ".join(values) for name, values in grouped.items()},
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
        "cookies": cookies,
    }
    return json.dumps(reply).encode()


def _grouped(headers: Headers) -> tuple[dict[str, list[str]], list[str]]:
    """The values of each header, and apart from them the cookies."""
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in _DROPPED:
            grouped.setdefault(name.lower(), []).append(value)
    return grouped, grouped.pop(_COOKIE, [])


def _decoded(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
