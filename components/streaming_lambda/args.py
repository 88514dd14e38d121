"""The arguments of StreamingLambda, and their validation."""

from typing import Final, NotRequired, TypedDict

import pulumi

from components.arn import provider_region
from components.build_context import DEFAULT_LOG_RETENTION
from components.functions.platform import code_problems, function_name_problems, retention_problems
from components.mcp_runtime import mcp_runtime_problems, mcp_server_problems
from components.model_access import ModelArgs, model_problems
from components.question_times import question_timeout_problems
from components.refs import CodeRef, DataRef, JournalRef, McpRef, SecretRef
from components.streaming_lambda.tokens import TokenArgs, token_problems
from components.tags import tag_problems
from components.validation import choice_problems, range_problems
from policies.rules.aws_limits import API_THROTTLE, LAMBDA_TIMEOUT, Range
from policies.rules.lambda_function.functions.function import ROLE_TAG, WORKER_MEMORY

AUTHORIZATIONS: Final = ("AWS_IAM", "JWT", "NONE")
WORKER_TIMEOUT: Final = LAMBDA_TIMEOUT.maximum
"""Seconds. Margin, event age and the limit of a run derive from it."""

_SHORTEST: Final = 5
DEADLINE_MARGIN: Final = Range(_SHORTEST, WORKER_TIMEOUT - _SHORTEST, "seconds", None)
"""With less, the end of a run may not be recorded before Lambda stops the worker."""


class StreamingLambdaArgs(TypedDict):
    gateway: CodeRef
    """Code of the gateway and the dead-letter handler."""
    worker: CodeRef
    """Code of the worker, with the agents and their dependencies."""
    journal: JournalRef
    """Journal in which runs are recorded."""
    data: DataRef
    """Bucket with the agents' data, which the worker reads."""
    model: ModelArgs
    """Model of the agents."""
    agents: list[str]
    """Agents that a question may name; the first is the default."""
    mcp_servers: NotRequired[list[str]]
    """http(s) URLs of MCP servers whose tools the agents get."""
    data_credentials: NotRequired[SecretRef]
    """Secret with the credentials of mcp_servers, headers by URL, which the code reads; default: none are sent."""
    mcp_runtimes: NotRequired[dict[str, McpRef]]
    """MCP servers on AgentCore, by the name under which an agent's module asks for them."""
    worker_memory: NotRequired[int]
    """Memory of the worker in MB, 1024 to 10240; default 1024."""
    deadline_margin: NotRequired[int]
    """Seconds before the worker's timeout of 900 at which the agent is stopped, 5 to 895; default 30."""
    question_timeout: NotRequired[int]
    """Seconds after which a question of an agent expires that names no time of its own, 60 to 604800; default
    86400."""
    throttle_rate: NotRequired[int]
    """Messages a second that the stage accepts, 1 to 10000; default 500."""
    throttle_burst: NotRequired[int]
    """Messages at once that the stage accepts, 1 to 10000; default 1000."""
    authorization: NotRequired[str]
    """Who may connect: AWS_IAM (default), JWT (with tokens) or NONE."""
    gateway_name: NotRequired[str]
    """Name of the gateway's function in AWS; default one that Pulumi makes."""
    tokens: NotRequired[TokenArgs | None]
    """Whose tokens are accepted; authorization JWT only."""
    websocket_url: NotRequired[str]
    """Address for clients with {apiId} and {stage} in it, for a custom domain; default the API's own."""
    log_retention_days: NotRequired[int]
    """Days that the functions' logs are kept; default 14."""
    variables: NotRequired[dict[str, pulumi.Input[str]]]
    """More environment variables of the worker, for the agents' tools."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource that has tags."""


DEFAULT_WORKER_MEMORY: Final = WORKER_MEMORY.minimum
DEFAULT_DEADLINE_MARGIN: Final = 30
DEFAULT_THROTTLE_RATE: Final = 500
DEFAULT_THROTTLE_BURST: Final = 1_000
DEFAULT_AUTHORIZATION: Final = "AWS_IAM"


def validate(args: StreamingLambdaArgs) -> list[str]:
    """One message for each argument that AWS, or the runtime, would reject later."""
    return [
        *choice_problems("authorization", args.get("authorization"), AUTHORIZATIONS),
        *_token_problems(args),
        *range_problems("worker_memory", args.get("worker_memory"), WORKER_MEMORY),
        *range_problems("deadline_margin", args.get("deadline_margin"), DEADLINE_MARGIN),
        *question_timeout_problems(args.get("question_timeout"), args["journal"]),
        *range_problems("throttle_rate", args.get("throttle_rate"), API_THROTTLE),
        *range_problems("throttle_burst", args.get("throttle_burst"), API_THROTTLE),
        *code_problems("gateway", args["gateway"]),
        *code_problems("worker", args["worker"]),
        *_agent_problems(args["agents"]),
        *function_name_problems("gateway_name", args.get("gateway_name")),
        *model_problems(args["model"], provider_region()),
        *mcp_server_problems(args.get("mcp_servers", [])),
        *mcp_runtime_problems(args.get("mcp_runtimes", {})),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *tag_problems(args.get("tags"), own=(ROLE_TAG,)),
    ]


def _token_problems(args: StreamingLambdaArgs) -> list[str]:
    tokens, is_needed = args.get("tokens"), args.get("authorization") == "JWT"
    if is_needed != bool(tokens):
        return ["tokens is missing; authorization JWT needs it" if is_needed else "tokens is set; only JWT reads it"]
    return token_problems(tokens) if tokens else []


def _agent_problems(agents: list[str]) -> list[str]:
    if not agents:
        return ["agents is empty; name at least one module of agents/"]
    return [f"agents has {name!r}; allowed: names of Python modules" for name in agents if not name.isidentifier()]
