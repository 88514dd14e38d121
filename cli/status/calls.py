"""Calls of AWS's services whose failures are shown beside what they are about, and end nothing."""

from collections.abc import Callable
from typing import Final, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from cli.errors import CliError, one_line
from contract.redaction import redact

CONFIG: Final = Config(retries={"total_max_attempts": 3}, connect_timeout=5, read_timeout=10, max_pool_connections=16)

_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
_EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)

Result = TypeVar("Result")


class CallError(Exception):
    """Why a part cannot be shown: one line for people. `code` is AWS's, empty where no response came."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def called(action: str, resource: str, call: Callable[[], Result]) -> Result:
    """The result of the call. `action` is that of IAM, such as dynamodb:Scan.

    CallError where AWS rejects it or does not respond; CliError NO_CREDENTIALS where no call can succeed.
    """
    try:
        return call()
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise _no_credentials(str(error)) from error
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _DENIED:
            raise CallError(f"not permitted: {action} on {resource}", code) from error
        if code in _EXPIRED:
            raise _no_credentials(code) from error
        message = redact(one_line(str(error.response.get("Error", {}).get("Message", ""))))
        raise CallError(f"{action} on {resource} failed ({code}: {message})", code) from error
    except BotoCoreError as error:
        raise CallError(f"{action} on {resource} got no response: {redact(one_line(str(error)))}") from error


def _no_credentials(reason: str) -> CliError:
    return CliError("NO_CREDENTIALS", f"no valid AWS credentials ({one_line(reason)}); log in or set AWS_PROFILE")
