"""What the gateway does for operators about the workspaces of the streaming endpoint. They invoke the function that may
write the journal's table, and need no permission for the table itself."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from contract import fields
from contract.errors import RunError
from runtime.journal import Journal
from runtime.process.logs import log

_ACTIONS: Final = ("create", "rotate", "remove", "list")


def administer(request: Mapping[str, Any], journal: Journal, agents: tuple[str, ...]) -> dict[str, Any]:
    """Serve `{"action", "workspace_id", "agent"}`. `agents` are those that workspaces may be created for. Returns
    `workspace_id` and `agent`, for create and rotate with the `secret`, and for list, which names neither,
    `workspaces`. A request that is rejected gets `error`, a message for people, and `code`."""
    try:
        action = request.get("action")
        if action not in _ACTIONS:
            raise fields.invalid(f"The action {fields.shown(action)} is not known; use {', '.join(_ACTIONS)}.")
        if action == "list":
            return {"workspaces": [asdict(entry) for entry in journal.workspaces.list()]}
        workspace_id, agent = str(request.get("workspace_id", "")), str(request.get("agent", ""))
        secret = _change(action, workspace_id, agent, journal, agents)
    except RunError as problem:
        return {"error": problem.message, "code": problem.code.value}
    log("gateway.workspace", action=action, workspace_id=workspace_id, agent=agent)
    return {"workspace_id": workspace_id, "agent": agent, **({"secret": secret} if secret else {})}


def _change(action: str, workspace_id: str, agent: str, journal: Journal, agents: tuple[str, ...]) -> str:
    """Returns the new secret, if there is one."""
    if action == "rotate":
        return journal.workspaces.rotate(workspace_id, agent)
    if action == "create":
        if agent not in agents:
            raise fields.invalid(f"The agent {fields.shown(agent)} is not deployed; use one of {', '.join(agents)}.")
        return journal.workspaces.create(workspace_id, agent)
    if not journal.workspaces.remove(workspace_id, agent):
        message = f"The workspace {fields.shown(workspace_id)} has no agent {fields.shown(agent)}"
        raise fields.invalid(f"{message}; 'longrun workspace list' shows what there is.")
    return ""
