"""Tokens of callers (JSON Web Tokens): what issuer, authorizer, gateway and client must agree on."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

SHARED_ISSUER: Final = "longrun"
"""Claim iss of a token that a stack's own key has signed."""

SHARED_ALGORITHM: Final = "HS256"
KEY_BYTES: Final = 32
"""Of the shortest key for SHARED_ALGORITHM (RFC 7518, 3.2)."""

LONGEST_SECONDS: Final = 30 * 86_400
"""A token that is valid for longer is never accepted, so that a revocation may be forgotten after this time."""

MAX_TOKEN_LENGTH: Final = 8_192
"""Characters. API Gateway accepts 10,240 bytes of headers, and a URL of 4,096 characters."""

MAX_TOKEN_ID_LENGTH: Final = 128

QUERY_PARAMETER: Final = "token"
SUBPROTOCOL: Final = "longrun"
"""What the server selects of the subprotocols that a client offers."""

TOKEN_SUBPROTOCOL: Final = "longrun.token."  # noqa: S105  what precedes a token
"""With a token behind it, the subprotocol by which a browser hands over its token; the server never selects it."""

_PARTS: Final = 3


def unverified_claims(token: str) -> Mapping[str, Any]:
    """The claims that a token makes, whoever has signed it. ValueError for a text that is no token."""
    parts = token.split(".")
    if len(parts) != _PARTS or not token.isascii():
        raise ValueError("this is no token: three parts with points between them are missing")
    try:
        claims = json.loads(base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise ValueError("this is no token: its second part is no JSON in base64url") from None
    if not isinstance(claims, dict):
        raise ValueError("this is no token: its claims are no JSON object")  # noqa: TRY004  as for other texts
    return claims


def token_id(token: str, claims: Mapping[str, Any]) -> str:
    """The id under which a token is revoked: its claim jti, or the hash of what was signed where it has none."""
    given = claims.get("jti")
    if isinstance(given, str) and given.isprintable() and 0 < len(given) <= MAX_TOKEN_ID_LENGTH:
        return given
    return f"sha256:{hashlib.sha256(token.rpartition('.')[0].encode()).hexdigest()}"
