"""The owner of a run that an event starts: the same as over the WebSocket, so that the caller may watch it there."""

from botocore.credentials import ReadOnlyCredentials

from client._aws_calls import call
from client._errors import RequestError
from client._target import Target
from contract.errors import ErrorCode
from contract.owners import USER, USER_FORM, owner_of


async def run_owner(target: Target, endpoint: str | None, keys: ReadOnlyCredentials | None = None) -> str | None:
    """The owner to name in the event: the caller's ARN under AWS_IAM, the target's user, if any, under NONE.

    RequestError INVALID_REQUEST for a user name that no deployment accepts.
    """
    if target.authorization == "NONE":
        if target.user and not USER.fullmatch(target.user):
            message = f"The user {target.user!r} is not valid; {USER_FORM}"
            raise RequestError(ErrorCode.INVALID_REQUEST, message)
        return target.user or None
    identity = await call("sts", "get_caller_identity", target.region, endpoint, keys)
    return owner_of(str(identity["Arn"]))
