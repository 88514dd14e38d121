"""Reads the JSON object in the body of a request."""

import json
from collections.abc import Mapping
from typing import Any, Final

from contract import fields
from runtime.http.problems import RequestError

_JSON: Final = "application/json"
_CHARSETS: Final = frozenset({"utf-8", "utf8"})
_WHAT_TO_SEND: Final = "send a JSON object with content-type: application/json"


def json_object(body: bytes, headers: Mapping[str, str], limit: int) -> dict[str, Any]:
    """The object; `headers` by names in lower case, `limit` in bytes. Raises RequestError 413 or 415, or RunError
    INVALID_REQUEST for what is no JSON object in UTF-8."""
    _check_media_type(headers)
    if len(body) > limit:
        raise RequestError(413, f"The body has {len(body)} bytes; the limit is {limit}: shorten it.")
    if not body:
        raise fields.invalid(f"The body is empty; {_WHAT_TO_SEND}.")
    try:
        found = json.loads(body.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise fields.invalid("The body is not UTF-8; send JSON in UTF-8.") from None
    except (ValueError, RecursionError):  # a deep nest of brackets ends in RecursionError
        raise fields.invalid("The body is not valid JSON; send one JSON object.") from None
    if not isinstance(found, dict):
        raise fields.invalid(f"The body holds a JSON {fields.json_type(found)}; send a JSON object.")
    return found


def check_keys(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises RunError INVALID_REQUEST for a key that no request has: a misspelt one would be ignored."""
    if unknown := sorted(set(given) - known):
        raise fields.invalid(f"Unknown key {fields.shown(unknown[0])}; a request takes {', '.join(sorted(known))}.")


def _check_media_type(headers: Mapping[str, str]) -> None:
    kind, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    if kind != _JSON:
        given = f"The content-type is {fields.shown(kind)}" if kind else "The request has no content-type"
        raise RequestError(415, f"{given}; {_WHAT_TO_SEND}.", {"accept-post": _JSON})
    charsets = [
        value.strip('"') for name, _, value in (part.partition("=") for part in parameters) if name == "charset"
    ]
    if any(charset not in _CHARSETS for charset in charsets):
        raise RequestError(415, f"The charset is {fields.shown(charsets[0])}; send JSON in UTF-8.")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise RequestError(415, f"The content-encoding is {fields.shown(encoding)}; send the body as it is.")


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
