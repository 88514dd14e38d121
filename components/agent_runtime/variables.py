"""The environment of a runtime: the variables of its agents, or of its tools."""

from typing import Final

import pulumi

from components.agent_runtime.args import AgentRuntimeArgs
from components.arn import provider_region
from components.journal_table.variables import journal_variables
from components.mcp_runtime import mcp_server_variables, mcp_variables
from components.model_access import model_variables
from components.question_times import question_seconds
from components.traces import traces_variables
from runtime import environment

REGION: Final = "AWS_DEFAULT_REGION"


def runtime_variables(args: AgentRuntimeArgs) -> dict[str, pulumi.Input[str]]:
    """All variables, without empty values."""
    region = provider_region()
    own: dict[str, pulumi.Input[str]] = {
        REGION: region,
        environment.AGENTS: ",".join(args.get("agents", [])),
        **mcp_server_variables(args.get("mcp_servers", []), args.get("data_credentials")),
        **traces_variables(args.get("traces_endpoint", ""), args.get("traces_keys")),
        **_journal_variables(args),
        **({environment.DATA_BUCKET: args["data"]["bucket_name"]} if "data" in args else {}),
        **({environment.CALLBACK_URL: args["websocket"]["callback_url"]} if "websocket" in args else {}),
        **(model_variables(args["model"], region) if "model" in args else {}),
        **mcp_variables(args.get("mcp_runtimes", {})),
        **args.get("variables", {}),
    }
    return {name: value for name, value in own.items() if not (isinstance(value, str) and not value)}


def _journal_variables(args: AgentRuntimeArgs) -> dict[str, pulumi.Input[str]]:
    """Tools get the bucket for files only: they have no permission on the table."""
    if args.get("agents"):
        timeout = question_seconds(args.get("question_timeout"))
        return {**journal_variables(args["journal"]), environment.QUESTION_TIMEOUT: timeout}
    return {environment.PAYLOAD_BUCKET: args["journal"]["payload_bucket"]}
