"""The stack's own key, with which `longrun token` signs: for development."""

from collections.abc import Sequence
from typing import Final

from contract.tokens import KEY_BYTES, SHARED_ALGORITHM
from runtime.authorizer.errors import IssuerUnavailableError
from runtime.process.logs import log
from runtime.process.secrets import Secret, SecretUnavailableError


class SharedKey:
    """The key in a secret. A new one is noticed when a token does not fit the old one."""

    algorithms: Final[Sequence[str]] = (SHARED_ALGORITHM,)

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def candidates(self, algorithm: str, kid: str | None) -> Sequence[str]:  # noqa: ARG002  there is one key
        return [self._checked(self._read())]

    def after_rejection(self, algorithm: str, kid: str | None) -> Sequence[str]:  # noqa: ARG002  as above
        try:
            newer = self._secret.after_rejection(self._read())
        except SecretUnavailableError as error:
            raise IssuerUnavailableError(str(error)) from error
        return [self._checked(newer)] if newer is not None else []

    def _read(self) -> str:
        try:
            return self._secret.value()
        except SecretUnavailableError as error:
            advice = "; nobody has given it a value yet: longrun token key" if error.is_absent else ""
            raise IssuerUnavailableError(f"{error}{advice}") from error

    def _checked(self, key: str) -> str:
        if len(key.encode()) < KEY_BYTES:
            log("authorizer.short_key", level="ERROR", bytes=len(key.encode()), needed=KEY_BYTES)
            raise IssuerUnavailableError(f"the signing key is shorter than {KEY_BYTES} bytes")
        return key
