"""Workspaces without a table."""

from collections.abc import Mapping

from contract.workspaces import new_secret, secret_hash
from runtime.journal.access.workspaces import Workspaces


class MemoryWorkspaces(Workspaces):
    """Hashes by workspace and agent; `reads` names each workspace that was looked up."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, str]] = {}
        self.reads: list[str] = []

    def hashes(self, workspace_id: str) -> Mapping[str, str]:
        self.reads.append(workspace_id)
        return dict(self.stored.get(workspace_id, {}))

    def create(self, workspace_id: str, agent: str) -> str:
        secret = new_secret()
        self.stored.setdefault(workspace_id, {})[agent] = secret_hash(secret)
        return secret

    def rotate(self, workspace_id: str, agent: str) -> str:
        return self.create(workspace_id, agent)

    def remove(self, workspace_id: str, agent: str) -> bool:
        return self.stored.get(workspace_id, {}).pop(agent, None) is not None
