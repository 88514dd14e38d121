"""Workspaces without a table."""

from collections.abc import Mapping

from contract.errors import ErrorCode, RunError
from contract.workspaces import is_workspace_agent, is_workspace_id, new_secret, secret_hash
from runtime.journal.access.workspaces import WorkspaceAgent, Workspaces

NOW = "2026-01-01T00:00:00.000Z"


class MemoryWorkspaces(Workspaces):
    """Hashes by workspace and agent; `reads` names each workspace that was looked up."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, str]] = {}
        self.reads: list[str] = []

    def hashes(self, workspace_id: str) -> Mapping[str, str]:
        self.reads.append(workspace_id)
        return dict(self.stored.get(workspace_id, {}))

    def create(self, workspace_id: str, agent: str) -> str:
        if not is_workspace_id(workspace_id) or not is_workspace_agent(agent):
            raise RunError(ErrorCode.INVALID_REQUEST, "The name is not valid.")
        if agent in self.stored.get(workspace_id, {}):
            raise RunError(ErrorCode.CONFLICT, "It exists already.")
        return self._store(workspace_id, agent)

    def rotate(self, workspace_id: str, agent: str) -> str:
        if agent not in self.stored.get(workspace_id, {}):
            raise RunError(ErrorCode.INVALID_REQUEST, "It does not exist.")
        return self._store(workspace_id, agent)

    def remove(self, workspace_id: str, agent: str) -> bool:
        return self.stored.get(workspace_id, {}).pop(agent, None) is not None

    def list(self) -> list[WorkspaceAgent]:
        return [
            WorkspaceAgent(workspace_id, agent, NOW, NOW)
            for workspace_id in sorted(self.stored)
            for agent in sorted(self.stored[workspace_id])
        ]

    def _store(self, workspace_id: str, agent: str) -> str:
        secret = new_secret()
        self.stored.setdefault(workspace_id, {})[agent] = secret_hash(secret)
        return secret
