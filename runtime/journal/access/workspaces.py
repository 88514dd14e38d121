"""The workspaces and the hashes of their secrets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from contract.errors import ErrorCode, RunError
from contract.events import timestamp
from contract.fields import invalid, shown
from contract.workspaces import (
    AGENT_FORM,
    WORKSPACE_FORM,
    is_workspace_agent,
    is_workspace_id,
    new_secret,
    secret_hash,
)
from runtime.journal.items import AGENTS, WORKSPACES, workspace_entry_key, workspace_key
from runtime.journal.table import ConditionFailed, Delete, Put, Table, Update

_MOST_AGENTS: Final = 1_000
"""Of one workspace that are read."""

_MOST_LISTED: Final = 10_000

_ANYHOW: Final = "attribute_exists(#pk) OR attribute_not_exists(#pk)"
"""The condition of writes to the list of all workspaces: who writes only the items of workspaces loses nothing else."""


@dataclass(frozen=True, slots=True)
class WorkspaceAgent:
    """An agent that a workspace may ask. `changed_at` is when its secret was made; times are ISO 8601."""

    workspace_id: str
    agent: str
    created_at: str
    changed_at: str


class Workspaces:
    """Reads and changes workspaces. Their items do not expire. Raises RunError for what an operator must see."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock

    def hashes(self, workspace_id: str) -> Mapping[str, str]:
        """The hash of each agent's secret, by the agent; none for an unknown workspace. One query."""
        first, last = workspace_key(workspace_id, ""), workspace_key(workspace_id, "~")
        items = self._table.query(first["pk"], first["sk"], last["sk"], _MOST_AGENTS)
        return {item["sk"].removeprefix(AGENTS): item["hash"] for item in items}

    def create(self, workspace_id: str, agent: str) -> str:
        """Let the workspace, which need not exist, ask the agent; returns the secret, which nothing stores. Raises
        INVALID_REQUEST, or CONFLICT where it may ask that agent already."""
        if not is_workspace_id(workspace_id):
            raise invalid(f"The workspace {shown(workspace_id)} is not valid; {WORKSPACE_FORM}.")
        if not is_workspace_agent(agent):
            raise invalid(f"The agent {shown(agent)} is not valid; {AGENT_FORM}.")
        secret, now = new_secret(), timestamp(self._clock())
        entry = {"workspace_id": workspace_id, "agent": agent, "created_at": now, "changed_at": now}
        try:
            self._table.transact(
                Put({**workspace_key(workspace_id, agent), **entry, "hash": secret_hash(secret)}),
                Put({**workspace_entry_key(workspace_id, agent), **entry}, _ANYHOW),
            )
        except ConditionFailed:
            message = f"Workspace {workspace_id} may ask agent {agent} already; rotate its secret to get a new one."
            raise RunError(ErrorCode.CONFLICT, message) from None
        return secret

    def rotate(self, workspace_id: str, agent: str) -> str:
        """Replace the secret; returns the new one. The old one is valid for a minute at most. Raises INVALID_REQUEST
        for what does not exist."""
        secret, now = new_secret(), timestamp(self._clock())
        listed = {":now": now, ":workspace": workspace_id, ":agent": agent}
        try:
            self._table.transact(
                Update(
                    workspace_key(workspace_id, agent),
                    "SET #changed_at = :now, #hash = :hash",
                    "attribute_exists(#pk)",
                    {":now": now, ":hash": secret_hash(secret)},
                ),
                Update(
                    workspace_entry_key(workspace_id, agent),
                    "SET #changed_at = :now, #workspace_id = :workspace, #agent = :agent, "
                    "#created_at = if_not_exists(#created_at, :now)",
                    _ANYHOW,
                    listed,
                ),
            )
        except ConditionFailed:
            raise invalid(f"Workspace {shown(workspace_id)} has no agent {shown(agent)}; create it first.") from None
        return secret

    def remove(self, workspace_id: str, agent: str) -> bool:
        """Let the workspace not ask the agent any more, after a minute at most; whether it could. Its runs stay."""
        existed = self._table.get(workspace_key(workspace_id, agent)) is not None
        self._table.transact(
            Delete(workspace_key(workspace_id, agent)), Delete(workspace_entry_key(workspace_id, agent))
        )
        return existed

    def list(self) -> list[WorkspaceAgent]:
        """All workspaces with their agents, in the order of their names."""
        items = self._table.query(WORKSPACES, "0", "~", _MOST_LISTED)
        return [
            WorkspaceAgent(item["workspace_id"], item["agent"], item["created_at"], item["changed_at"])
            for item in items
        ]
