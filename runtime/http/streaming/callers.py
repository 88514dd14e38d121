"""Checks the secrets of workspaces. A wrong secret learns nothing: what is unknown and what is wrong look the same."""

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from contract.errors import ErrorCode
from contract.workspaces import is_workspace_id, secret_hash
from runtime.http.problems import RequestError
from runtime.journal.access.workspaces import Workspaces

_CACHE_SECONDS: Final = 60.0
"""A secret that is rotated or removed is valid for this long at most."""

_CACHE_SIZE: Final = 1_000

_NOBODYS: Final = "0" * 64
"""The hash that the secret for an unknown workspace is compared with; no secret has it."""

_NOT_FOUND: Final = 404
_MESSAGE: Final = (
    "There is no such workspace and agent, or the secret is not theirs; check the address, or have the secret rotated."
)


class UnknownCallerError(RequestError):
    """The workspace or agent is unknown, or the secret is wrong: 404, with nothing that tells which."""

    def __init__(self) -> None:
        super().__init__(_NOT_FOUND, _MESSAGE)
        self.code = ErrorCode.NOT_OWNER


@dataclass(frozen=True, slots=True)
class _Known:
    hashes: Mapping[str, str]
    until: float


class Callers:
    """Identifies callers by their secrets. Calls block; safe to use from several threads."""

    def __init__(self, workspaces: Workspaces, clock: Callable[[], float] = time.monotonic) -> None:
        self._workspaces = workspaces
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def check(self, workspace_id: str, agent: str, secret: str) -> None:
        """Raises UnknownCallerError unless it is the workspace's secret for the agent."""
        if agent not in self._agents(workspace_id, secret, agent):
            raise UnknownCallerError

    def agents(self, workspace_id: str, secret: str) -> frozenset[str]:
        """The agents of the workspace that have this secret. Raises UnknownCallerError for none."""
        found = self._agents(workspace_id, secret, None)
        if not found:
            raise UnknownCallerError
        return found

    def _agents(self, workspace_id: str, secret: str, agent: str | None) -> frozenset[str]:
        given = secret_hash(secret)
        known = self._known.get(workspace_id)
        if known is not None and self._clock() < known.until:
            found = _matching(known.hashes, given)
            if found and agent in {None, *found}:
                return found
        # Whatever does not match is read again: a new secret is valid at once, and each failure costs one query.
        return _matching(self._read(workspace_id), given)

    def _read(self, workspace_id: str) -> Mapping[str, str]:
        if not is_workspace_id(workspace_id):
            return {}
        until = self._clock() + _CACHE_SECONDS
        hashes = self._workspaces.hashes(workspace_id)
        self._known.pop(workspace_id, None)
        if hashes:
            if len(self._known) >= _CACHE_SIZE:
                self._known.clear()
            self._known[workspace_id] = _Known(hashes, until)
        return hashes


def _matching(hashes: Mapping[str, str], given: str) -> frozenset[str]:
    """All are compared, and each in constant time."""
    compared = {agent: hmac.compare_digest(stored, given) for agent, stored in {"": _NOBODYS, **hashes}.items()}
    return frozenset(agent for agent, matches in compared.items() if matches)
