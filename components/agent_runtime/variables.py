"""The environment of a runtime: what the host of agents reads, and what tools are given besides."""

from typing import Final

import pulumi

from components.agent_runtime.args import DEFAULT_RUN_RETENTION, AgentRuntimeArgs
from components.mcp_runtime import mcp_variables
from components.model_access import Model
from runtime import environment

TRACES_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
REGION: Final = "AWS_DEFAULT_REGION"


def runtime_variables(args: AgentRuntimeArgs) -> dict[str, pulumi.Input[str]]:
    """What is empty is left out: the readers' defaults say the same."""
    own: dict[str, pulumi.Input[str]] = {
        REGION: args["region"],
        environment.AGENTS: ",".join(args.get("agents", [])),
        environment.DATA_BUCKET: args.get("data_bucket", ""),
        environment.CALLBACK_URL: args.get("callback_url", ""),
        environment.MCP_SERVERS: ",".join(args.get("mcp_servers", [])),
        TRACES_ENDPOINT: args.get("traces_endpoint", ""),
        **_journal_variables(args),
        **(Model.of(args).variables() if "model_provider" in args else {}),
        **mcp_variables(args.get("mcp_runtimes", {})),
        **args.get("variables", {}),
    }
    return {name: value for name, value in own.items() if not (isinstance(value, str) and not value)}


def _journal_variables(args: AgentRuntimeArgs) -> dict[str, pulumi.Input[str]]:
    if "table_name" not in args:
        return {environment.PAYLOAD_BUCKET: args.get("payload_bucket", "")}
    return {
        environment.TABLE: args["table_name"],
        environment.PAYLOAD_BUCKET: args["payload_bucket"],
        environment.RETENTION_DAYS: str(args.get("run_retention_days", DEFAULT_RUN_RETENTION)),
    }
