"""Values from Secrets Manager, read when they are needed: a new value is noticed without a deployment.

No value stands in a log or in an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from runtime.process.logs import log

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FRESH_SECONDS: Final = 300.0
"""For which a value is used before it is read again."""

STALE_SECONDS: Final = 3_600.0
"""For which the last value is used after that, while Secrets Manager cannot be reached."""

PAUSE_SECONDS: Final = 10.0
"""Between two reads that a rejected value causes: callers must not be able to use up the account's rate."""

_LOST: Final = frozenset({"AccessDeniedException", "InvalidRequestException", "ResourceNotFoundException"})
"""Codes of a secret that is gone, scheduled for deletion, without a value, or not for this process any more."""

_ABSENT: Final = "ResourceNotFoundException"


class SecretUnavailableError(Exception):
    """A secret's value cannot be read. `reason` is the error's code; `is_absent`: the secret is not there, or nobody
    has given it a value."""

    def __init__(self, secret: str, reason: str) -> None:
        super().__init__(f"secret {secret} cannot be read: {reason}")
        self.reason = reason
        self.is_absent = reason == _ABSENT


class Secret:
    """One secret's text, by name or ARN. Safe to use from several threads, which read it once between them."""

    def __init__(
        self,
        secret_id: str,
        create_client: Callable[[], SecretsManagerClient] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._id = secret_id
        self._create_client = create_client or _minimal_client
        self._client: SecretsManagerClient | None = None
        self._clock = clock
        self._lock = Lock()
        self._value: str | None = None
        self._read_at = 0.0
        self._tried_at = float("-inf")

    def value(self) -> str:
        """The current value, at most FRESH_SECONDS old. Raises SecretUnavailableError."""
        with self._lock:
            now = self._clock()
            if self._value is not None and now < self._read_at + FRESH_SECONDS:
                return self._value
            if self._value is not None and now < self._tried_at + PAUSE_SECONDS:
                return self._value
            return self._read(now)

    def after_rejection(self, rejected: str) -> str | None:
        """The value where it differs from the one that was rejected; None where it does not, or was read just now.
        Raises SecretUnavailableError."""
        with self._lock:
            now = self._clock()
            if self._value == rejected and now < self._tried_at + PAUSE_SECONDS:
                return None
            current = self._value if self._value not in (None, rejected) else self._read(now)
            return None if current == rejected else current

    def _read(self, now: float) -> str:
        self._tried_at = now
        try:
            if self._client is None:
                self._client = self._create_client()
            stored: Any = self._client.get_secret_value(SecretId=self._id)
        except ClientError as error:
            return self._last_value(error.response["Error"].get("Code", "unknown"), now, error)
        except BotoCoreError as error:
            return self._last_value(type(error).__name__, now, error)
        self._value, self._read_at = str(stored.get("SecretString") or ""), now
        return self._value

    def _last_value(self, reason: str, now: float, error: Exception) -> str:
        if self._value is None or reason in _LOST or now > self._read_at + FRESH_SECONDS + STALE_SECONDS:
            self._value = None
            raise SecretUnavailableError(self._id, reason) from error
        log("secret.not_read", level="WARNING", secret=self._id, reason=reason)
        return self._value


def _minimal_client() -> SecretsManagerClient:
    from runtime.process.aws_clients import minimal_client  # noqa: PLC0415  only for processes that read a secret

    client: SecretsManagerClient = minimal_client("secretsmanager", attempts=3, read_timeout=3, connect_timeout=2)
    return client
