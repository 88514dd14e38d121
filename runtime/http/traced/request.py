"""What a caller of the traced function sends: an HTTP request, as a function URL's event (payload format 2.0)."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contract import fields
from contract.limits import MAX_METADATA, MAX_METADATA_CHARS, MAX_METADATA_NAME_LENGTH, MAX_QUERY_BODY_BYTES
from contract.owners import owner_of
from runtime.http.json_body import check_keys, json_object
from runtime.http.problems import RequestError

PUBLIC: Final = "public"
"""The owner of every run of a URL without authorization. No ARN and no user of a token is called so."""

_PUBLIC_URL: Final = "NONE"
_METHOD: Final = "POST"
_PATH: Final = "/"
_KEYS: Final = frozenset({"query", "session_id", "metadata"})
_NAME: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_METADATA_NAME_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What the agent is asked. `traceparent` is the caller's place in a trace, empty for none."""

    query: str
    session_id: str | None
    metadata: Mapping[str, str]
    traceparent: str


def owner(event: Mapping[str, Any], authorization: str) -> str:
    """Whose run it will be: the IAM caller, or PUBLIC. Raises RequestError 403 where a URL that asks for IAM has no
    caller, so that a URL whose settings were changed by hand admits nobody."""
    if authorization == _PUBLIC_URL:
        return PUBLIC
    identity = ((event.get("requestContext") or {}).get("authorizer") or {}).get("iam") or {}
    if not identity.get("userArn"):
        raise RequestError(403, "The request is not signed; sign it with Signature Version 4 for the service lambda.")
    return owner_of(str(identity["userArn"]))


def read_request(event: Mapping[str, Any]) -> QueryRequest:
    """The request in a function URL's event. Raises RequestError, or RunError INVALID_REQUEST."""
    http = event["requestContext"]["http"]
    if str(event.get("rawPath") or _PATH) != _PATH:
        raise RequestError(404, "There is nothing at this path; POST the query to /.")
    if http["method"] != _METHOD:
        message = f"The method is {http['method']}; POST the query as a JSON object."
        raise RequestError(405, message, {"allow": _METHOD})
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    given = json_object(_body(event), headers, MAX_QUERY_BODY_BYTES)
    try:
        return _request(given, headers.get("traceparent", ""))
    except RecursionError:  # json.loads read it, but it is too deep to be quoted
        raise fields.invalid("The body is nested too deeply; send a flat JSON object.") from None


def _request(given: Mapping[str, Any], traceparent: str) -> QueryRequest:
    check_keys(given, _KEYS)
    return QueryRequest(
        query=fields.question(given, "query", "query"),
        session_id=fields.optional_session_id(given),
        metadata=_metadata(given.get("metadata")),
        traceparent=traceparent,
    )


def _body(event: Mapping[str, Any]) -> bytes:
    """Lambda encodes what is no text; the media type is checked after it."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise fields.invalid("The body is not valid base64; send JSON.") from None


def _metadata(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise fields.invalid(f"The metadata is a JSON {fields.json_type(value)}; send an object of texts.")
    if len(value) > MAX_METADATA:
        raise fields.invalid(f"The metadata has {len(value)} names; the limit is {MAX_METADATA}.")
    for name, text in value.items():
        _check_metadata(name, text)
    return value


def _check_metadata(name: str, text: object) -> None:
    if not _NAME.fullmatch(name):
        form = f"use 1 to {MAX_METADATA_NAME_LENGTH} letters, digits, hyphens or underscores"
        raise fields.invalid(f"The name {fields.shown(name)} in metadata is not valid; {form}.")
    if not isinstance(text, str):
        raise fields.invalid(f"The value of {name} in metadata is a JSON {fields.json_type(text)}; send a text.")
    if len(text) > MAX_METADATA_CHARS:
        limit = f"the limit is {MAX_METADATA_CHARS}: shorten it"
        raise fields.invalid(f"The value of {name} in metadata has {len(text)} characters; {limit}.")
    try:
        text.encode()
    except UnicodeEncodeError:
        message = f"The value of {name} in metadata holds half of a surrogate pair; send valid Unicode text."
        raise fields.invalid(message) from None
