"""Finds the token in the handshake of a WebSocket: in a header, in the offered subprotocols, or in the query."""

from collections.abc import Iterator, Mapping
from typing import Any

from contract.tokens import MAX_TOKEN_LENGTH, QUERY_PARAMETER, TOKEN_SUBPROTOCOL
from runtime.authorizer.errors import RejectedTokenError


def token_of(event: Mapping[str, Any]) -> str:
    """The one token of a $connect event. Raises RejectedTokenError for none, several, or one that is too long."""
    tokens = set(_given(event))
    if not tokens:
        raise RejectedTokenError(
            "the connection has no token: neither in header Authorization (Bearer), nor as a subprotocol, nor in "
            f"query parameter {QUERY_PARAMETER}"
        )
    if len(tokens) > 1:
        raise RejectedTokenError("the connection has several tokens")
    token = tokens.pop()
    if len(token) > MAX_TOKEN_LENGTH:
        raise RejectedTokenError(f"the token has {len(token)} characters; the limit is {MAX_TOKEN_LENGTH}")
    return token


def _given(event: Mapping[str, Any]) -> Iterator[str]:
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    scheme, _, credentials = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        yield credentials.strip()
    for offered in headers.get("sec-websocket-protocol", "").split(","):
        if offered.strip().startswith(TOKEN_SUBPROTOCOL):
            yield offered.strip().removeprefix(TOKEN_SUBPROTOCOL)
    if query := (event.get("queryStringParameters") or {}).get(QUERY_PARAMETER):
        yield str(query)
