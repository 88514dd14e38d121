"""The key of a model's API: read from its secret, and again when it is old or the API rejects it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.errors import ErrorCode, RunError
from runtime.process.secrets import Secret, SecretUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_secretsmanager import SecretsManagerClient

NO_KEY = "none"
"""The library requires a key; local servers do not ask for one."""


class ApiKey:
    """A model's API key in the secret with this name or ARN. With `is_optional`, NO_KEY while the secret has no value.
    Methods may block for a call of Secrets Manager, and raise RunError with what to do."""

    def __init__(
        self, secret_id: str, create_client: Callable[[], SecretsManagerClient], *, is_optional: bool = False
    ) -> None:
        self._id = secret_id
        self._secret = Secret(secret_id, create_client)
        self._is_optional = is_optional

    def current(self) -> str:
        try:
            return _checked(self._secret.value())
        except SecretUnavailableError as error:
            if error.is_absent and self._is_optional:
                return NO_KEY
            raise RunError(ErrorCode.MODEL_ERROR, self._message(error)) from error

    def after_rejection(self, rejected: str) -> str | None:
        """The key where another one is stored by now than the one that the API rejected."""
        try:
            value = self._secret.after_rejection(rejected)
        except SecretUnavailableError:
            return None
        if value is None or (key := _checked(value)) == rejected:
            return None
        return key

    def _message(self, error: SecretUnavailableError) -> str:
        if error.is_absent and not self._id.startswith("arn:"):
            return (
                f"the model's API key is missing; put it into the stack's secret with: aws secretsmanager "
                f"put-secret-value --secret-id {self._id} --secret-string file://KEY_FILE"
            )
        return (
            f"the model cannot be set up ({error.reason}); check that the configured secret exists and that the "
            "worker's role may read it"
        )


def _checked(value: str) -> str:
    # Shells and editors leave a line end, and a key with one cannot be sent.
    key = value.strip()
    if not key or key.startswith("{") or not (key.isascii() and key.isprintable()) or " " in key:
        message = "the model's API key cannot be used; store the key alone, as plain text, in the configured secret"
        raise RunError(ErrorCode.MODEL_ERROR, message)
    return key
