"""The environment variables of the workflow's functions."""

import pulumi

from components.arn import provider_region
from components.mcp_runtime import mcp_server_variables, mcp_variables
from components.model_access import model_variables
from components.react_workflow.args import DEFAULT_TURN_LIMIT, ReactWorkflowArgs, agents_of, limits_of
from components.traces import traces_variables
from runtime import environment

SLACK_SECONDS = 300
"""A run counts as lost this long after its execution has ended at the latest: the finalizer has its time before."""


def step_variables(args: ReactWorkflowArgs) -> dict[str, pulumi.Input[str]]:
    """Of every function, as ReactEnvironment reads them; without the journal's."""
    limits = limits_of(args)
    variables: dict[str, pulumi.Input[str]] = {
        environment.AGENTS: ",".join(agents_of(args)),
        environment.TURN_LIMIT: str(int(args.get("turn_limit", DEFAULT_TURN_LIMIT))),
        environment.TOKEN_BUDGET: _number(args.get("token_budget")),
        environment.COST_BUDGET: _number(args.get("cost_budget")),
        environment.INPUT_PRICE: _number(args.get("input_price")),
        environment.OUTPUT_PRICE: _number(args.get("output_price")),
        environment.QUESTION_TIMEOUT: str(limits.question),
        environment.RUN_TIMEOUT: str(limits.workflow + SLACK_SECONDS),
        **traces_variables(args.get("traces_endpoint", ""), args.get("traces_keys")),
    }
    if "websocket" in args:
        variables[environment.CALLBACK_URL] = args["websocket"]["callback_url"]
    return _set(variables)


def agent_variables(args: ReactWorkflowArgs) -> dict[str, pulumi.Input[str]]:
    """Of the functions that load agents, in addition, as AgentsEnvironment reads them."""
    return _set(
        {
            environment.DATA_BUCKET: args["data"]["bucket_name"],
            **model_variables(args["model"], provider_region()),
            **mcp_server_variables(args.get("mcp_servers", []), args.get("data_credentials")),
            **mcp_variables(args.get("mcp_runtimes", {})),
        }
    )


def next_run_variables(args: ReactWorkflowArgs) -> dict[str, pulumi.Input[str]]:
    """Of the functions that end runs, in addition."""
    return {environment.WORKER_FUNCTION: args["websocket"]["worker_function"]} if "websocket" in args else {}


def _number(value: float | None) -> str:
    """Empty for no limit and no price."""
    return f"{value:.12g}" if value else ""


def _set(variables: dict[str, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
    return {name: value for name, value in variables.items() if not (isinstance(value, str) and not value)}
