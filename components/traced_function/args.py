"""The arguments of TracedFunction, and their validation."""

from collections.abc import Iterator
from typing import Final, NotRequired, TypedDict

import pulumi

from components.addresses import url_template_problem
from components.arn import provider_region
from components.build_context import DEFAULT_LOG_RETENTION
from components.functions.function_url import AUTHORIZATIONS
from components.functions.platform import code_problems, retention_problems
from components.mcp_runtime import mcp_runtime_problems, mcp_server_problems
from components.model_access import ModelArgs, model_problems
from components.refs import CodeRef, DataRef, JournalRef, McpRef, SecretRef, WebSocketRef
from components.tags import tag_problems
from components.traces import traces_problems, traces_region_problems
from components.validation import choice_problems, range_problems
from policies.rules.aws_limits import LAMBDA_TIMEOUT, Range
from policies.rules.lambda_function.functions.function import ROLE_TAG, WORKER_MEMORY
from policies.rules.regions import WITHOUT_FUNCTION_URLS

CONCURRENCY: Final = Range(0, 1_000, "requests at once (0: as many as the account allows)", None)
TIME: Final = Range(30, LAMBDA_TIMEOUT.maximum, "seconds", None)
SHORTEST_MARGIN: Final = 5
"""Seconds: with less, the end of a run may not be recorded before Lambda stops the function."""

DEFAULT_CONCURRENCY: Final = 10
DEFAULT_TIMEOUT: Final = 300
DEFAULT_MEMORY: Final = WORKER_MEMORY.minimum
DEFAULT_MARGIN: Final = 15


class TracedFunctionArgs(TypedDict):
    code: CodeRef
    """Code of the function, with the agent and its dependencies."""
    journal: JournalRef
    """Journal in which runs are recorded."""
    data: DataRef
    """Bucket with the agent's data, which the function reads."""
    model: ModelArgs
    """Model of the agent."""
    agent: str
    """Agent that answers."""
    authorization: NotRequired[str]
    """Who may call the URL: AWS_IAM (signed requests, default) or NONE (anybody, at this account's cost)."""
    reserved_concurrency: NotRequired[int]
    """Requests at once, 0 to 1000; Lambda answers more with 429. Default 10: it limits the costs. 0 reserves nothing,
    for an account whose own limit is too low for it."""
    timeout: NotRequired[int]
    """Seconds that a request may take, 30 to 900; default 300."""
    deadline_margin: NotRequired[int]
    """Seconds before the timeout at which the agent is stopped, 5 to timeout - 5; default 15."""
    memory: NotRequired[int]
    """Memory in MB, 1024 to 10240; default 1024."""
    traces_endpoint: NotRequired[str]
    """http(s) address of a collector, to whose /v1/traces the spans of each run are sent before its reply (OTLP/HTTP),
    such as https://us.cloud.langfuse.com/api/public/otel; default: none are sent."""
    traces_keys: NotRequired[SecretRef]
    """Secret with the collector's keys, which the code reads at run time; default: none are sent."""
    traces_content: NotRequired[bool]
    """Whether the spans of the model's calls and of tools have what was said and returned; default false: only the root
    span of a run has its query and its response."""
    websocket: NotRequired[WebSocketRef]
    """WebSocket API whose clients may follow runs, and whose worker executes what waits for their end."""
    mcp_servers: NotRequired[list[str]]
    """http(s) URLs of MCP servers whose tools the agent gets."""
    data_credentials: NotRequired[SecretRef]
    """Secret with the credentials of mcp_servers, headers by URL, which the code reads; default: none are sent."""
    mcp_runtimes: NotRequired[dict[str, McpRef]]
    """MCP servers on AgentCore, by the name under which the agent's module asks for them."""
    url: NotRequired[str]
    """Address for callers with {urlId} in it, for a proxy before the URL; default the URL's own."""
    log_retention_days: NotRequired[int]
    """Days that the function's logs are kept; default 14."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource that has tags."""


def timeout_of(args: TracedFunctionArgs) -> int:
    # A program in another language sends its numbers as floats.
    return int(args.get("timeout", DEFAULT_TIMEOUT))


def validate(args: TracedFunctionArgs) -> list[str]:
    """One message for each argument that AWS, or the runtime, would reject later."""
    region = provider_region()
    endpoint = args.get("traces_endpoint", "")
    agent = args["agent"]
    return [
        *([f"the region is {region}, where Lambda has no function URLs"] if region in WITHOUT_FUNCTION_URLS else []),
        *code_problems("code", args["code"]),
        *([] if agent.isidentifier() else [f"agent is {agent!r}; allowed: the name of a Python module"]),
        *choice_problems("authorization", args.get("authorization"), AUTHORIZATIONS),
        *range_problems("reserved_concurrency", args.get("reserved_concurrency"), CONCURRENCY),
        *_time_problems(args),
        *range_problems("memory", args.get("memory"), WORKER_MEMORY),
        *model_problems(args["model"], region),
        *mcp_server_problems(args.get("mcp_servers", [])),
        *mcp_runtime_problems(args.get("mcp_runtimes", {})),
        *(traces_problems(endpoint) or traces_region_problems(endpoint, region)),
        *_url_problems(args.get("url", "")),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *tag_problems(args.get("tags"), own=(ROLE_TAG,)),
    ]


def _time_problems(args: TracedFunctionArgs) -> list[str]:
    problems = range_problems("timeout", args.get("timeout"), TIME)
    if problems:
        return problems
    margin = Range(SHORTEST_MARGIN, timeout_of(args) - SHORTEST_MARGIN, "seconds", None)
    return range_problems("deadline_margin", args.get("deadline_margin"), margin)


def _url_problems(template: str) -> Iterator[str]:
    if problem := url_template_problem(template):
        yield f"url is {template!r}; {problem}"
