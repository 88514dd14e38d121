"""The caller's AWS credentials: from the environment, a file, a process or the network."""

from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from client._errors import CredentialsError


def caller_credentials() -> ReadOnlyCredentials:
    """The caller's current credentials. It may block: call it in a thread. CredentialsError if there are none."""
    try:
        found = Session().get_credentials()
        if found is None:
            raise CredentialsError("none were found")
        return found.get_frozen_credentials()
    except BotoCoreError as error:
        raise CredentialsError(str(error)) from error
