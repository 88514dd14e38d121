"""Whose connection it is: read once from $connect, where API Gateway vouches for it."""

import re
from collections.abc import Mapping
from typing import Any, Final

ANONYMOUS: Final = "anonymous"
USER: Final = re.compile(r"[\w.@+=,:/-]{1,256}", re.ASCII)
"""The form of an owner that nobody but the caller vouches for."""
_NAMELESS_SESSION: Final = re.compile(
    r"(?P<role>arn:aws[a-z-]*:sts::\d{12}:assumed-role/[^/]+)/(?:botocore-session|aws-sdk-js|aws-sdk-java|aws-go-sdk)-\d+"
)
"""A role taken without a session name: the SDK makes one up from the time, so it is another one in each process."""


class UnidentifiedError(Exception):
    """A connection that does not say whose it is, or not in a form that can be recorded."""


def connection_owner(event: Mapping[str, Any], authorization: str) -> str:
    """The owner in a $connect event: a Lambda authorizer's principal, else the IAM caller's ARN under AWS_IAM.

    A role's sessions without a name are one owner: a caller must find its runs again once its credentials are renewed.

    Under NONE nobody vouches for the caller, so the query parameter `user` is believed: for the sandbox only.
    """
    context = event.get("requestContext") or {}
    principal = (context.get("authorizer") or {}).get("principalId")
    if principal:
        return str(principal)
    if authorization == "NONE":
        return _claimed_user(event)
    arn = (context.get("identity") or {}).get("userArn")
    if not arn:
        raise UnidentifiedError("The connection is not signed; sign its URL with Signature Version 4 for execute-api.")
    nameless = _NAMELESS_SESSION.fullmatch(str(arn))
    return nameless["role"] if nameless else str(arn)


def _claimed_user(event: Mapping[str, Any]) -> str:
    user = (event.get("queryStringParameters") or {}).get("user") or ANONYMOUS
    if not USER.fullmatch(user):
        raise UnidentifiedError("Query parameter user is not valid; use 1 to 256 letters, digits or _ . @ + = , : / -")
    return str(user)
