"""`longrun workspace`: who may use the streaming endpoint, and with which secret."""

from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from cli.deployment.deployment import Deployment
from cli.deployment.targets import find_deployment
from cli.errors import CliError, one_line
from cli.options import Json, TargetOptions
from cli.output import Output
from cli.tokens.calls import invoke_gateway

ACTIONS: Final = ("create", "rotate", "remove", "list")

Action = Annotated[
    str,
    typer.Argument(
        metavar="create|rotate|remove|list",
        help="create lets a workspace ask an agent; rotate replaces its secret; remove ends it; list shows all.",
    ),
]
Workspace = Annotated[
    str | None, typer.Argument(metavar="WORKSPACE", help="The workspace: letters, digits, hyphens and underscores.")
]
Agent = Annotated[str | None, typer.Argument(metavar="AGENT", help="An agent of the deployment.")]


def workspace(
    action: Action,
    workspace_id: Workspace = None,
    agent: Agent = None,
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> None:
    """Manage the workspaces of the streaming endpoint: one secret for each agent that a workspace may ask.

    A secret is shown once, by create and rotate; only its hash is stored. An old one is valid for a minute at most.
    JSON has {workspace_id, agent}, for create and rotate also secret, and {workspaces: [...]} for list.
    """
    output, asked = Output(as_json), _request(action, workspace_id, agent)
    deployment = find_deployment(target)
    reply = _reply(deployment, asked)
    output.document(reply)
    if action == "list":
        _show(output, reply["workspaces"])
        return
    output.line(_done(action, reply))
    if "secret" in reply:
        output.line(reply["secret"])


def _request(action: str, workspace_id: str | None, agent: str | None) -> dict[str, str]:
    if action not in ACTIONS:
        raise CliError("USAGE", f"the action is '{action}'; it can be {', '.join(ACTIONS)}")
    if action == "list":
        if workspace_id:
            raise CliError("USAGE", "list shows all workspaces; omit the name")
        return {"action": action}
    if not workspace_id or not agent:
        raise CliError("USAGE", f"name the workspace and its agent: longrun workspace {action} WORKSPACE AGENT")
    return {"action": action, "workspace_id": workspace_id, "agent": agent}


def _reply(deployment: Deployment, asked: dict[str, str]) -> dict[str, Any]:
    if asked["action"] == "create" and deployment.outputs and not deployment.outputs.get("stream_url"):
        message = f"{deployment.name} has no streaming endpoint that a workspace could use"
        raise CliError("USAGE", f"{message}; deploy it with the configuration streamImage (docs/images.md)")
    reply = invoke_gateway(deployment, {"workspace": asked}, "workspaces are administered")
    if "error" in reply:
        raise CliError(str(reply.get("code", "INTERNAL")), one_line(str(reply["error"])))
    if not {"agent", "workspaces"} & set(reply):
        message = "the gateway could not serve the request; see its log with 'longrun logs gateway'"
        raise CliError("INTERNAL", f"{message}, and deploy this version of the program")
    return reply


def _done(action: str, reply: dict[str, Any]) -> str:
    place = f"workspace '{reply['workspace_id']}'"
    match action:
        case "create":
            return f"{place} may ask agent '{reply['agent']}'; its secret, which is shown only now:"
        case "rotate":
            return f"{place} has a new secret for agent '{reply['agent']}', which is shown only now:"
        case _:
            return f"{place} may not ask agent '{reply['agent']}' any more, after a minute at most; its runs stay"


def _show(output: Output, workspaces: list[dict[str, str]]) -> None:
    if not workspaces:
        output.line("there are no workspaces; make one with 'longrun workspace create WORKSPACE AGENT'")
        return
    names = {"workspace": "workspace_id", "agent": "agent", "created": "created_at", "secret made": "changed_at"}
    table = Table(*names, box=None, pad_edge=False)
    for entry in workspaces:
        table.add_row(*(Text(entry[name], overflow="fold") for name in names.values()))
    output.console.print(table)
