"""Whose run it is that an event starts: the same owner as over the WebSocket, so that its caller may watch it there."""

import re
from typing import Final

from client.aws_calls import call
from client.errors import RequestError
from client.target import Target

_USER: Final = re.compile(r"[\w.@+=,:/-]{1,256}", re.ASCII)
_NAMELESS_SESSION: Final = re.compile(
    r"(?P<role>arn:aws[a-z-]*:sts::\d{12}:assumed-role/[^/]+)/(?:botocore-session|aws-sdk-js|aws-sdk-java|aws-go-sdk)-\d+"
)
"""A role taken without a session name: the gateway counts all of its sessions as the role."""


async def run_owner(target: Target, endpoint: str | None) -> str | None:
    """The owner to name in the event: the caller's ARN under AWS_IAM, the target's user under NONE; None for nobody.

    RequestError INVALID_REQUEST for a user that no deployment takes.
    """
    if target.authorization == "NONE":
        if target.user and not _USER.fullmatch(target.user):
            sentence = f"The user {target.user!r} is not valid; use 1 to 256 letters, digits or _ . @ + = , : / -"
            raise RequestError("INVALID_REQUEST", sentence)
        return target.user or None
    answer = await call("sts", "get_caller_identity", target.region, endpoint)
    return recorded_owner(str(answer["Arn"]))


def recorded_owner(arn: str) -> str:
    """The caller's ARN as the gateway records it."""
    nameless = _NAMELESS_SESSION.fullmatch(arn)
    return nameless["role"] if nameless else arn
