"""The public keys of an OpenID Connect or OAuth issuer, from its own metadata."""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import jwt

from contract.loopback import LOOPBACK
from runtime.authorizer.errors import IssuerUnavailableError
from runtime.authorizer.fetch import FetchError, fetch
from runtime.process.logs import log

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""With a public key only: a secret one cannot be public, and a token without a signature proves nothing."""

_FAMILIES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
"""The type of key (kty) of an algorithm, by its first two letters."""

FRESH_SECONDS: Final = 3_600.0
PAUSE_SECONDS: Final = 60.0
"""Between two attempts to read the keys: tokens with invented key ids must not make this process a load for the
issuer."""

STALE_SECONDS: Final = 86_400.0
"""For which keys are used after they were fresh, while the issuer cannot be reached."""

MAX_KEYS: Final = 100


class IssuerKeys:
    """The keys of one issuer, cached. Safe to use from several threads."""

    algorithms: Final[Sequence[str]] = ALGORITHMS

    def __init__(
        self,
        issuer: str,
        read: Callable[[str], Mapping[str, Any]] = fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._read = read
        self._clock = clock
        self._lock = Lock()
        self._keys: Sequence[Mapping[str, Any]] = ()
        self._read_at: float | None = None
        self._tried_at = float("-inf")

    def candidates(self, algorithm: str, kid: str | None) -> Sequence[jwt.PyJWK]:
        with self._lock:
            now = self._clock()
            if self._read_at is None or now >= self._read_at + FRESH_SECONDS:
                self._refresh(now)
            if self._read_at is None or now >= self._read_at + FRESH_SECONDS + STALE_SECONDS:
                raise IssuerUnavailableError(f"the keys of {self._issuer} cannot be read")
            return _fitting(self._keys, algorithm, kid)

    def after_rejection(self, algorithm: str, kid: str | None) -> Sequence[jwt.PyJWK]:
        """The issuer may have a new key: its keys are read again, at most once in PAUSE_SECONDS."""
        with self._lock:
            known = {key.get("kid") for key in self._keys}
            if kid is not None and kid in known:
                return ()
            return _fitting(self._keys, algorithm, kid) if self._refresh(self._clock()) else ()

    def _refresh(self, now: float) -> bool:
        """Whether the keys were read now."""
        if now < self._tried_at + PAUSE_SECONDS:
            return False
        self._tried_at = now
        try:
            self._keys = _key_list(self._read(self._jwks_uri()))
        except FetchError as error:
            log("authorizer.issuer_unavailable", level="ERROR", issuer=self._issuer, reason=str(error))
            return False
        self._read_at = now
        return True

    def _jwks_uri(self) -> str:
        """From the metadata of OpenID Connect, or else of OAuth (RFC 8414, which puts the issuer's path last)."""
        parts = urlsplit(self._issuer)
        path = parts.path.rstrip("/")
        oauth = urlunsplit(parts._replace(path=f"/.well-known/oauth-authorization-server{path}"))
        try:
            metadata = self._read(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        except FetchError as error:
            if not error.is_missing:
                raise
            metadata = self._read(oauth)
        if metadata.get("issuer") != self._issuer:
            raise FetchError(f"its metadata is that of issuer {str(metadata.get('issuer'))[:120]!r}")
        address = str(metadata.get("jwks_uri"))
        # Only an issuer on this machine may name keys on this machine.
        if urlsplit(address).scheme != "https" and parts.hostname not in LOOPBACK:
            raise FetchError("the address of its keys (jwks_uri) is not https")
        return address


def _key_list(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    keys = document.get("keys")
    if not isinstance(keys, list):
        raise FetchError("its keys are no JSON Web Key Set")
    return [key for key in keys[:MAX_KEYS] if isinstance(key, dict)]


def _fitting(keys: Sequence[Mapping[str, Any]], algorithm: str, kid: str | None) -> Sequence[jwt.PyJWK]:
    found = []
    for key in keys:
        fits = key.get("kty") == _FAMILIES[algorithm[:2]] and key.get("alg", algorithm) == algorithm
        is_for_signatures = key.get("use", "sig") == "sig" and "verify" in key.get("key_ops", ["verify"])
        if fits and is_for_signatures and (kid is None or key.get("kid") == kid):
            try:
                found.append(jwt.PyJWK(dict(key), algorithm))
            except (jwt.PyJWTError, ValueError, TypeError):
                log("authorizer.key_not_usable", level="WARNING", kid=str(key.get("kid"))[:120])
    return found
