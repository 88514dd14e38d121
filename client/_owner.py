"""The owner of a run that an event starts: the same as over the WebSocket, so that the caller may watch it there."""

from botocore.credentials import ReadOnlyCredentials

from client._aws_calls import call
from client._credentials import owner_in
from client._errors import RequestError, TokenMissingError
from client._target import Target
from contract.errors import ErrorCode
from contract.owners import USER, USER_FORM, owner_of


async def run_owner(target: Target, endpoint: str | None, keys: ReadOnlyCredentials | None = None) -> str | None:
    """The owner to name in the event: the caller's ARN under AWS_IAM, the token's subject under JWT, the target's user,
    if any, under NONE.

    RequestError INVALID_REQUEST for a user name or a token that no deployment accepts, TokenMissingError without a
    token.
    """
    if target.authorization == "JWT":
        return _token_owner(target)
    if target.authorization == "NONE":
        if target.user and not USER.fullmatch(target.user):
            message = f"The user {target.user!r} is not valid; {USER_FORM}"
            raise RequestError(ErrorCode.INVALID_REQUEST, message)
        return target.user or None
    identity = await call("sts", "get_caller_identity", target.region, endpoint, keys)
    return owner_of(str(identity["Arn"]))


def _token_owner(target: Target) -> str:
    if not target.token:
        raise TokenMissingError
    try:
        return owner_in(target.token)
    except ValueError as error:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"The token is not valid: {error}.") from error
