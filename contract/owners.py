"""The owner of a run: who may read it, cancel it and list it."""

import re
from typing import Final

ANONYMOUS: Final = "anonymous"
"""The owner of a run that names none."""

NOBODY: Final = "(nobody)"
"""The owner of a run whose owner is not valid, in a form that no caller can have: it is recorded, but nobody may read
it."""

USER: Final = re.compile(r"[\w.@+=,:/-]{1,256}", re.ASCII)
"""The form of an owner that only the caller claims."""

USER_FORM: Final = "use 1 to 256 letters, digits or _ . @ + = , : / -"
"""The same form in words, for messages."""

_UNNAMED_SESSION: Final = re.compile(
    r"(?P<role>arn:aws[a-z-]*:sts::\d{12}:assumed-role/[^/]+)/(?:botocore-session|aws-sdk-js|aws-sdk-java|aws-go-sdk)-\d+"
)
"""A role assumed without a session name: the SDK derives one from the time, so that it differs in each process."""


def owner_of(arn: str) -> str:
    """The owner for a caller's ARN. All unnamed sessions of a role are one owner: a caller must find its runs again
    after its credentials are renewed."""
    unnamed = _UNNAMED_SESSION.fullmatch(arn)
    return unnamed["role"] if unnamed else arn
