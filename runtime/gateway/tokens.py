"""What the gateway does about tokens, which the authorizer has checked: revocation, and the browser's handshake."""

from collections.abc import Mapping
from typing import Any, Final

from contract.tokens import MAX_TOKEN_ID_LENGTH, SUBPROTOCOL
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.journal import Journal
from runtime.journal.access.connections import TokenUse
from runtime.process.logs import log

_HEADER: Final = "Sec-WebSocket-Protocol"


class InvalidRevocationError(Exception):
    """A revocation that does not name an owner, or names a token in a form that no token has."""


def token_use(event: Mapping[str, Any]) -> TokenUse | None:
    """The token that the authorizer has accepted for the event's connection; None where it was none."""
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    if "tokenId" not in authorizer:
        return None
    # API Gateway makes texts of the authorizer's numbers.
    return TokenUse(str(authorizer["principalId"]), str(authorizer["tokenId"]), int(authorizer["issuedAt"]))


def subprotocol_headers(event: Mapping[str, Any]) -> dict[str, str]:
    """The header that selects SUBPROTOCOL where the client offers it: a browser that offers some closes a connection
    for which none is selected."""
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    offered = [name.strip() for name in headers.get(_HEADER.lower(), "").split(",")]
    return {_HEADER: SUBPROTOCOL} if SUBPROTOCOL in offered else {}


def revoke(request: Mapping[str, Any], journal: Journal, connections: Connections) -> int:
    """Revoke the token `token_id` of the `owner`, or all tokens that it has got until now, and close the connections
    that were opened with them; returns the number of these. Raises InvalidRevocationError."""
    owner, token_id = request.get("owner"), request.get("token_id")
    is_id = token_id is None or (isinstance(token_id, str) and 0 < len(token_id) <= MAX_TOKEN_ID_LENGTH)
    if not isinstance(owner, str) or not owner or not is_id:
        raise InvalidRevocationError(f"name an owner, and a token's id of up to {MAX_TOKEN_ID_LENGTH} characters")
    opened = journal.connections.tokens.revoke(owner, token_id)
    for connection_id in opened:
        # First, so that nothing is served on a socket that cannot be closed.
        journal.connections.remove(connection_id)
        try:
            connections.close(connection_id)
        except NotDeliveredError as problem:
            log("gateway.not_closed", level="WARNING", connection_id=connection_id, reason=str(problem))
        journal.connections.tokens.close(connection_id, owner)
    log("gateway.revoked", owner=owner, token_id=token_id, closed=len(opened))
    return len(opened)
