"""The keys of a collector: headers from the stack's secret, whose ARN LONGRUN_TRACING_KEYS names.

The secret is a JSON object of headers, such as {"x-api-key": "..."}, or Langfuse's pair {"public_key": "pk-...",
"secret_key": "sk-..."}. Without a value nothing is sent.
"""

import os
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from runtime.environment import TRACING_KEYS
from runtime.process.credentials import REJECTED, Credentials, CredentialsError, is_private
from runtime.process.logs import log

_PAIR: Final = frozenset({"public_key", "secret_key"})
"""Langfuse's names of user and password."""


__all__ = ["REJECTED", "CollectorKeys", "collector_keys"]


class CollectorKeys:
    """Never raises: a run does not fail for its traces."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def headers(self, url: str) -> Mapping[str, str]:
        """For a request to the collector now; none where there are no keys, or where others could read them."""
        try:
            found = self._credentials.headers(_basic(self._credentials.read()))
        except CredentialsError as problem:
            log("tracing.keys_not_used", level="WARNING", reason=str(problem))
            return {}
        if found and not is_private(url):
            log("tracing.keys_not_used", level="WARNING", reason="the collector's address is not https")
            return {}
        return found

    def renew(self) -> bool:
        """Whether there are other keys now than those that the collector has rejected."""
        return self._credentials.renew()


def collector_keys(variables: Mapping[str, str] = os.environ) -> CollectorKeys | None:
    """The process's keys; None where the component has named no secret."""
    secret_id = variables.get(TRACING_KEYS, "")
    return _of(secret_id) if secret_id else None


@cache
def _of(secret_id: str) -> CollectorKeys:
    return CollectorKeys(Credentials(secret_id))


def _basic(found: Mapping[str, Any]) -> Mapping[str, Any]:
    if found.keys() != _PAIR:
        return found
    pair = f"{found['public_key']}:{found['secret_key']}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
