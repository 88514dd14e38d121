"""The caller's credentials: AWS keys from the environment, a file, a process or the network; and what a token says."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from client._errors import CredentialsError
from contract.owners import token_owner
from contract.tokens import unverified_claims


def caller_credentials() -> ReadOnlyCredentials:
    """The caller's current credentials. It may block: call it in a thread. CredentialsError if there are none."""
    try:
        found = Session().get_credentials()
        if found is None:
            raise CredentialsError("none were found")
        return found.get_frozen_credentials()
    except BotoCoreError as error:
        raise CredentialsError(str(error)) from error


def owner_in(token: str) -> str:
    """The owner of the runs that are started with the token. ValueError for a text that is no token of a caller."""
    claims = unverified_claims(token)
    return token_owner(str(claims.get("iss", "")), str(claims.get("sub", "")))


def rejection_reason(token: str, issuer: str, audience: str) -> str:
    """Why a deployment with that issuer and audience, empty where they are not known, rejects the token, as far as the
    token itself shows it."""
    try:
        claims = unverified_claims(token)
    except ValueError as error:
        return str(error)
    now = time.time()
    if (expires_at := _seconds(claims, "exp")) is not None and expires_at <= now:
        return f"the token expired at {_time(expires_at)}"
    valid_from = max(_seconds(claims, "nbf") or 0, _seconds(claims, "iat") or 0)
    if valid_from > now:
        return f"the token is not valid before {_time(valid_from)}"
    given = claims.get("aud")
    if audience and audience not in (given if isinstance(given, list) else [given]):
        return f"the token is for {_shown(given)}, and this deployment accepts tokens for {audience!r}"
    if issuer and claims.get("iss") != issuer:
        return f"the token is of issuer {_shown(claims.get('iss'))}, and this deployment accepts those of {issuer!r}"
    return "the token is revoked, or signed with another key; the authorizer's log and the gateway's say which"


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11  # noqa: PLR2004  a date
    return float(value) if is_time and value is not None else None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _shown(value: object) -> str:
    return repr(value)[:120]
