"""Checks a token: its signature by a key of the configured issuer, and what it claims."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import jwt

from contract.owners import token_owner
from contract.tokens import LONGEST_SECONDS, SHARED_ISSUER, token_id
from runtime.authorizer.errors import RejectedTokenError

LEEWAY_SECONDS: Final = 30
"""By which the clocks of issuer and authorizer may differ."""

_SHOWN: Final = 120
"""Characters of a claim that a message repeats."""

_LATEST: Final = 1e12
"""Seconds since 1970 that no token has to name; an infinite number is larger."""

_REQUIRED: Final = ("exp", "iat", "iss", "aud", "sub")


class Keys(Protocol):
    """The keys of one issuer, and the algorithms that they are for."""

    @property
    def algorithms(self) -> Sequence[str]: ...

    def candidates(self, algorithm: str, kid: str | None) -> Sequence[Any]:
        """The keys that may have signed a token with this header, none for an unknown one."""
        ...

    def after_rejection(self, algorithm: str, kid: str | None) -> Sequence[Any]:
        """Keys that became known because the others did not fit."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token proves: the owner of runs, the token's id and its times in seconds since 1970."""

    owner: str
    token_id: str
    issued_at: int
    expires_at: int


class Verifier:
    """Accepts the tokens of one issuer for one audience that are valid for up to `max_seconds`."""

    def __init__(
        self, keys: Keys, issuer: str, audience: str, max_seconds: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._max_seconds = min(max_seconds, LONGEST_SECONDS)
        self._clock = clock

    def verify(self, token: str) -> Caller:
        """Raises RejectedTokenError, or IssuerUnavailableError."""
        claims = self._signed_claims(token)
        self._check_place(claims)
        issued_at, expires_at = self._check_times(claims)
        return Caller(self._owner(claims), self._token_id(token, claims), issued_at, expires_at)

    def _signed_claims(self, token: str) -> dict[str, Any]:
        algorithm, kid = self._header(token)
        for key in self._keys.candidates(algorithm, kid):
            if (claims := _decode(token, key, algorithm)) is not None:
                return claims
        for key in self._keys.after_rejection(algorithm, kid):
            if (claims := _decode(token, key, algorithm)) is not None:
                return claims
        raise RejectedTokenError("the token is not signed by a key of the issuer")

    def _header(self, token: str) -> tuple[str, str | None]:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise RejectedTokenError("the token is no JSON Web Token") from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._keys.algorithms:
            allowed = ", ".join(self._keys.algorithms)
            raise RejectedTokenError(f"the token's algorithm is {_shown(algorithm)}; allowed: {allowed}")
        return str(algorithm), str(kid) if kid else None

    def _check_place(self, claims: dict[str, Any]) -> None:
        missing = [name for name in _REQUIRED if claims.get(name) in (None, "", [])]
        if missing:
            raise RejectedTokenError(f"the token lacks the claims {', '.join(missing)}")
        if claims["iss"] != self._issuer:
            raise RejectedTokenError(f"the token is of issuer {_shown(claims['iss'])}; this stack's is {self._issuer}")
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if self._audience not in audiences:
            raise RejectedTokenError(
                f"the token is for another stack (audience {_shown(claims['aud'])}); this one's is {self._audience}"
            )

    def _check_times(self, claims: dict[str, Any]) -> tuple[int, int]:
        now, not_before = self._clock(), claims.get("nbf", 0)
        expires_at, issued_at = claims["exp"], claims["iat"]
        if not all(_is_time(given) for given in (not_before, expires_at, issued_at)):
            raise RejectedTokenError("a time of the token is no number of seconds")
        if expires_at + LEEWAY_SECONDS <= now:
            raise RejectedTokenError("the token has expired")
        if max(not_before, issued_at) > now + LEEWAY_SECONDS:
            raise RejectedTokenError("the token is not valid yet")
        if not 0 < expires_at - issued_at <= self._max_seconds:
            raise RejectedTokenError(
                f"the token is valid for {int(expires_at - issued_at)} s; this stack accepts 1 to {self._max_seconds}"
            )
        return int(issued_at), int(expires_at)

    def _owner(self, claims: dict[str, Any]) -> str:
        subject = claims["sub"]
        if not isinstance(subject, str):
            raise RejectedTokenError("the token's subject is no text")
        try:
            return token_owner(self._issuer, subject)
        except ValueError as error:
            raise RejectedTokenError(f"the token's subject cannot be recorded: {error}") from None

    def _token_id(self, token: str, claims: dict[str, Any]) -> str:
        """Not every issuer gives its tokens an id; this project's own tokens have one."""
        if self._issuer == SHARED_ISSUER and not claims.get("jti"):
            raise RejectedTokenError("the token lacks the claim jti")
        return token_id(token, claims)


def _decode(token: str, key: Any, algorithm: str) -> dict[str, Any] | None:  # noqa: ANN401  as PyJWT types its keys
    """The claims where the key has signed them; the times and names are checked here, not by the library."""
    options: Any = {"verify_signature": True, "enforce_minimum_key_length": True}
    options |= {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
    try:
        return dict(jwt.decode(token, key=key, algorithms=[algorithm], options=options))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None


def _is_time(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < _LATEST


def _shown(value: object) -> str:
    return repr(value)[:_SHOWN]
