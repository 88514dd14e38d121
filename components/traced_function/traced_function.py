"""An agent behind a function URL: the caller waits for its answer, and its trace is sent before the answer."""

from collections.abc import Mapping
from typing import Any, Final

import pulumi
from pulumi_aws import lambda_

from components.arn import ArnParts, provider_region
from components.build_context import BuildContext
from components.data_bucket.permissions import read_files
from components.functions.code import FunctionCode, upload_code
from components.functions.function import FunctionSpec, Identity, create_function, create_identity, grant
from components.functions.function_url import DEFAULT_AUTHORIZATION, caller_url, create_url
from components.iam import Statement, post_to_connections
from components.journal_table.permissions import write_runs
from components.journal_table.variables import journal_variables
from components.mcp_runtime import call_mcp_runtimes, mcp_server_variables, mcp_variables, read_credentials
from components.model_access import model_variables, use_model
from components.refs import MonitoringRef
from components.streaming_lambda.permissions import invoke_worker
from components.traced_function.args import (
    DEFAULT_CONCURRENCY,
    DEFAULT_MARGIN,
    DEFAULT_MEMORY,
    TracedFunctionArgs,
    timeout_of,
    validate,
)
from components.traces import read_traces_keys, traces_placeholders, traces_variables
from components.validation import form_problems, require_valid
from components.watched import watched_function
from policies.rules.lambda_function.environment import environment_problems
from runtime import environment

TracedContext = BuildContext[TracedFunctionArgs]

CONTENT: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"
"""Which attributes Strands writes; today's names, and by default nothing of what was said."""
_TODAY: Final = "gen_ai_latest_experimental"
_WITHOUT_CONTENT: Final = f"{_TODAY},gen_ai_unredacted_attributes="


class TracedFunction(pulumi.ComponentResource):
    """A function that runs an agent for each request to its URL, records the run in the journal, sends its trace, and
    then answers."""

    function_url: pulumi.Output[str]
    """Address for callers, who POST a query to it."""
    function: pulumi.Output[str]
    """Name of the function."""
    log_group: pulumi.Output[str]
    """Name of its log group."""

    def __init__(self, name: str, args: TracedFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        problems = form_problems(args, TracedFunctionArgs) or [*validate(args), *_variable_problems(args)]
        require_valid("TracedFunction", name, problems)
        super().__init__("longrun:index:TracedFunction", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        code = upload_code(context, {"function": args["code"]})["function"]
        spec = function_spec(args)
        function, identity = _create_function(context, spec, code)
        url = create_url(context, function, args.get("authorization", DEFAULT_AUTHORIZATION), "BUFFERED")
        self.function_url = caller_url(url, args.get("url", ""))
        self.function = function.name
        self.log_group = identity.logs.name
        self.monitoring: MonitoringRef = {
            "component": name,
            "functions": [watched_function(spec, function, identity.logs.name, runs_agents=True)],
        }
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})


OUTPUTS: Final = tuple(TracedFunction.__annotations__)


def function_spec(args: TracedFunctionArgs) -> FunctionSpec:
    return FunctionSpec(
        "function",
        "runtime.http.traced.function.handler",
        timeout=timeout_of(args),
        memory=int(args.get("memory", DEFAULT_MEMORY)),
        concurrency=int(args.get("reserved_concurrency", DEFAULT_CONCURRENCY)) or None,
    )


def function_variables(args: TracedFunctionArgs) -> dict[str, pulumi.Input[str]]:
    """The function's own environment, without the journal's and without empty values."""
    own: dict[str, pulumi.Input[str]] = {
        environment.AGENTS: args["agent"],
        environment.AUTHORIZATION: args.get("authorization", DEFAULT_AUTHORIZATION),
        environment.DATA_BUCKET: args["data"]["bucket_name"],
        # A program in another language sends its numbers as floats.
        environment.DEADLINE_MARGIN: str(int(args.get("deadline_margin", DEFAULT_MARGIN))),
        **model_variables(args["model"], provider_region()),
        **mcp_server_variables(args.get("mcp_servers", []), args.get("data_credentials")),
        **mcp_variables(args.get("mcp_runtimes", {})),
        **traces_variables(args.get("traces_endpoint", ""), args.get("traces_keys")),
        CONTENT: _TODAY if args.get("traces_content") else _WITHOUT_CONTENT,
    }
    if "websocket" in args:
        own[environment.CALLBACK_URL] = args["websocket"]["callback_url"]
        own[environment.WORKER_FUNCTION] = args["websocket"]["worker_function"]
    return {name: value for name, value in own.items() if not (isinstance(value, str) and not value)}


def _variable_problems(args: TracedFunctionArgs) -> list[str]:
    """The policy pack's own checks of what is known before the first child exists."""
    later = {
        environment.TABLE: "x" * 64,
        environment.PAYLOAD_BUCKET: "x" * 63,
        environment.CALLBACK_URL: "x" * 80,
        environment.RETENTION_DAYS: "3650",
        **traces_placeholders(args.get("traces_endpoint", ""), args.get("traces_keys")),
    }
    return environment_problems({**function_variables(args), **later})


def _create_function(
    context: TracedContext, spec: FunctionSpec, code: FunctionCode
) -> tuple[lambda_.Function, Identity]:
    args = context.args
    identity = create_identity(context, spec)
    known = pulumi.Output.all(
        table=args["journal"]["table_arn"],
        payloads=args["journal"]["payload_bucket_arn"],
        data=args["data"]["bucket_arn"],
        connections=args["websocket"]["connections_arn"] if "websocket" in args else "",
        worker=args["websocket"]["worker_function"] if "websocket" in args else "",
        role=identity.role.arn,
        mcp=call_mcp_runtimes(args.get("mcp_runtimes", {})),
        credentials=read_credentials(args.get("mcp_servers", []), args.get("data_credentials")),
        keys=read_traces_keys(args.get("traces_endpoint", ""), args.get("traces_keys")),
    )
    policy = grant(context, spec, identity, known.apply(lambda values: statements(args, values)))
    variables = {**journal_variables(args["journal"]), **function_variables(args)}
    return create_function(context, spec, identity, policy, code, variables), identity


def statements(args: TracedFunctionArgs, known: Mapping[str, Any]) -> list[Statement]:
    """What the function may do: it writes runs, calls the model, reads the agent's data and the collector's keys, and
    serves those who follow a run over the WebSocket."""
    table = known["table"]
    return [
        *write_runs(table, known["payloads"]),
        *read_files(known["data"]),
        *use_model(args["model"], provider_region(), known["role"]),
        *known["mcp"],
        *known["credentials"],
        *known["keys"],
        *([post_to_connections(known["connections"])] if known["connections"] else []),
        *(invoke_worker(ArnParts.parse(table).arn("lambda", f"function:{known['worker']}")) if known["worker"] else []),
    ]
