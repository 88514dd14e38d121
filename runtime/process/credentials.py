"""Credentials in a secret that is a JSON object: the HTTP headers with which a service knows its caller.

No value stands in a log or in an error.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from contract.loopback import LOOPBACK
from runtime.process.secrets import Secret, SecretUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

HOLD_SECONDS: Final = 60.0
"""For which an outcome without a value is kept: a secret that nobody has filled is not read for each request."""

REJECTED: Final = frozenset({401, 403})
"""HTTP statuses of a service that does not accept the credentials."""

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE: Final = re.compile(r"[!-~](?:[ -~]{0,8190}[!-~])?")
"""What may be sent as it is: visible characters of ASCII, blanks between them."""


class CredentialsError(Exception):
    """Credentials that cannot be read or used; the message says why and in which secret, without a value."""


class Credentials:
    """The JSON object in the secret with this name or ARN. Safe to use from several threads."""

    def __init__(
        self,
        secret_id: str,
        create_client: "Callable[[], SecretsManagerClient] | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.secret_id = secret_id
        self._secret = Secret(secret_id, create_client, clock)
        self._clock = clock
        self._lock = Lock()
        self._used: str | None = None
        self._failure = ""
        self._held_until = float("-inf")

    def read(self) -> Mapping[str, Any]:
        """The object as it is now, at most five minutes old; empty while the secret has no value. It may block for a
        call of Secrets Manager. Raises CredentialsError."""
        with self._lock:
            if self._clock() >= self._held_until:
                self._read()
            if self._failure:
                raise CredentialsError(self._failure)
            return {} if self._used is None else self._object(self._used)

    def renew(self) -> bool:
        """Whether there is another value now than the one that a service has rejected."""
        with self._lock:
            if self._used is None:
                return False
            try:
                return self._secret.after_rejection(self._used) is not None
            except SecretUnavailableError:
                return False

    def headers(self, given: object) -> dict[str, str]:
        """A part of the object as headers. Raises CredentialsError."""
        if not isinstance(given, Mapping):
            raise CredentialsError(f"secret {self.secret_id} has no headers where they are expected: a JSON object")
        for name, value in given.items():
            if not _NAME.fullmatch(name) or not isinstance(value, str) or not _VALUE.fullmatch(value):
                raise CredentialsError(
                    f"secret {self.secret_id} has a header that cannot be sent; names and values are texts of ASCII"
                )
        return dict(given)

    def _read(self) -> None:
        self._failure, self._used = "", None
        try:
            # Shells and editors leave a line end.
            self._used = self._secret.value().strip() or None
        except SecretUnavailableError as error:
            if not error.is_absent:
                self._failure = str(error)
        if self._used is None:
            self._held_until = self._clock() + HOLD_SECONDS

    def _object(self, text: str) -> Mapping[str, Any]:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise CredentialsError(f"secret {self.secret_id} is no JSON object")
        return found


def is_private(url: str) -> bool:
    """Whether what is sent to the address can be read there only: by https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in LOOPBACK
