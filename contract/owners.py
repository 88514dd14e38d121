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

TOKEN_PREFIX: Final = "token:"  # noqa: S105  what an owner begins with
"""What the owner of a token's caller begins with: no ARN begins so."""

_KEPT: Final = re.compile(r"[\w.@+,/-]", re.ASCII)
"""Characters of an issuer and a subject that stand in the owner as they are: those of USER without : and =."""

_UNNAMED_SESSION: Final = re.compile(
    r"(?P<role>arn:aws[a-z-]*:sts::\d{12}:assumed-role/[^/]+)/(?:botocore-session|aws-sdk-js|aws-sdk-java|aws-go-sdk)-\d+"
)
"""A role assumed without a session name: the SDK derives one from the time, so that it differs in each process."""


def owner_of(arn: str) -> str:
    """The owner for a caller's ARN. All unnamed sessions of a role are one owner: a caller must find its runs again
    after its credentials are renewed."""
    unnamed = _UNNAMED_SESSION.fullmatch(arn)
    return unnamed["role"] if unnamed else arn


def token_owner(issuer: str, subject: str) -> str:
    """The owner for the subject of an issuer's tokens, in the form of USER: no other issuer's subject has the same.

    Other characters are written as = and their bytes in hexadecimal: `auth0|5f` as `auth0=7C5f`. ValueError for an
    owner of more than 256 characters, or an empty subject.
    """
    owner = f"{TOKEN_PREFIX}{_escaped(issuer)}:{_escaped(subject)}"
    if not subject or not USER.fullmatch(owner):
        raise ValueError("issuer and subject together are empty, or too long for an owner")
    return owner


def _escaped(text: str) -> str:
    return "".join(
        character if _KEPT.fullmatch(character) else "".join(f"={byte:02X}" for byte in character.encode())
        for character in text
    )
