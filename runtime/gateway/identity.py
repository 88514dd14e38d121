"""The owner of a connection: read once from $connect, where API Gateway vouches for it."""

from collections.abc import Mapping
from typing import Any

from contract.owners import ANONYMOUS, NOBODY, USER, USER_FORM, owner_of


class UnidentifiedError(Exception):
    """A connection without an identity, or with one in a form that cannot be recorded."""


def connection_owner(event: Mapping[str, Any], authorization: str) -> str:
    """The owner in a $connect event: a Lambda authorizer's principal, otherwise the IAM caller's ARN under AWS_IAM.

    Under NONE nobody vouches for the caller, so the query parameter `user` is trusted: for the sandbox only.
    Raises UnidentifiedError.
    """
    context = event.get("requestContext") or {}
    principal = (context.get("authorizer") or {}).get("principalId")
    if principal == NOBODY:
        raise UnidentifiedError(f"The authorizer's principal is {NOBODY}, which owns the runs that nobody may read.")
    if principal:
        return str(principal)
    if authorization == "NONE":
        return _claimed_user(event)
    if authorization == "JWT":
        raise UnidentifiedError("The authorizer named no principal; see its log.")
    arn = (context.get("identity") or {}).get("userArn")
    if not arn:
        raise UnidentifiedError("The connection is not signed; sign its URL with Signature Version 4 for execute-api.")
    return owner_of(str(arn))


def _claimed_user(event: Mapping[str, Any]) -> str:
    user = (event.get("queryStringParameters") or {}).get("user") or ANONYMOUS
    if not USER.fullmatch(user):
        raise UnidentifiedError(f"Query parameter user is not valid; {USER_FORM}")
    return str(user)
