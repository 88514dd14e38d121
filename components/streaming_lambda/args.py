"""What StreamingLambda is given, and what of it AWS would refuse."""

from typing import Final, NotRequired, TypedDict

import pulumi

from components.functions.platform import (
    DEFAULT_LOG_RETENTION,
    Platform,
    package_problems,
    platform_problems,
    retention_problems,
)
from components.mcp_runtime import McpRuntimeArgs, mcp_runtime_problems
from components.model_access import Model
from components.validation import choice_problems, range_problems, tag_problems
from policies.rules.aws_limits import LAMBDA_TIMEOUT, Range
from policies.rules.lambda_function.worker_memory import WORKER_MEMORY

TRANSPORTS: Final = ("websocket",)
PACKAGE_KINDS: Final = ("zip",)
AUTHORIZATIONS: Final = ("AWS_IAM", "NONE")
THROTTLE: Final = Range(
    1, 10_000, "requests a second", "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"
)
"""An account's whole bucket in a Region; a stage cannot have more."""

DEADLINE_MARGIN: Final = Range(5, 895, "seconds", LAMBDA_TIMEOUT.source)
"""Under 5 s the end of a run may not be recorded before Lambda kills the worker."""


class StreamingLambdaArgs(TypedDict):
    transport: str
    """How clients reach the agent: websocket."""
    package_kind: NotRequired[str]
    """What the functions are made of: zip (default)."""
    gateway_package: str
    """Path of the zip with the gateway and the closer."""
    worker_package: str
    """Path of the zip with the worker, the agents and what they need."""
    runtime: str
    """Lambda runtime that both zips were built for: python3.11 to python3.14."""
    architecture: str
    """CPU that both zips were built for: arm64 or x86_64."""
    region: str
    """The stack's region; the model is asked there too."""
    agents: list[str]
    """Agents that may be asked for, the first is the default."""
    table_name: pulumi.Input[str]
    """Name of the journal's table."""
    payload_bucket: pulumi.Input[str]
    """Name of the journal's payload bucket."""
    payload_bucket_arn: pulumi.Input[str]
    """ARN of that bucket: the gateway lists there what a run made."""
    keep_policy: pulumi.Input[str]
    """IAM document (JSON) that lets gateway and closer keep the journal."""
    write_policy: pulumi.Input[str]
    """IAM document (JSON) that lets the worker write to the journal."""
    data_bucket: pulumi.Input[str]
    """Name of the bucket with the agents' data."""
    data_policy: pulumi.Input[str]
    """IAM document (JSON) that lets the worker read that bucket."""
    run_retention_days: int
    """Days after which what the runtime writes expires."""
    model_provider: str
    """bedrock or openai."""
    model_id: str
    """Bedrock model id, inference profile or ARN; for openai the name the API knows."""
    model_url: NotRequired[str]
    """Base URL of the OpenAI-compatible API; openai only."""
    model_secret_arn: NotRequired[str]
    """ARN of the secret with the API key; openai only."""
    mcp_servers: NotRequired[list[str]]
    """http(s) URLs of MCP servers whose tools the agents get."""
    mcp_runtimes: NotRequired[dict[str, McpRuntimeArgs]]
    """MCP servers on AgentCore, by the name under which an agent's module asks for them."""
    worker_memory: NotRequired[int]
    """Memory of the worker in MB, 1024 to 10240; default 1024."""
    deadline_margin: NotRequired[int]
    """Seconds before the worker's limit of 900 at which the agent is stopped, 5 to 895; default 30."""
    throttle_rate: NotRequired[int]
    """Messages a second that the stage accepts, 1 to 10000; default 500."""
    throttle_burst: NotRequired[int]
    """Messages at once that the stage accepts, 1 to 10000; default 1000."""
    authorization: NotRequired[str]
    """Who may connect: AWS_IAM (default) or NONE."""
    websocket_url: NotRequired[str]
    """Address for clients with {apiId} and {stage} in it, for a custom domain; default the API's own."""
    log_retention_days: NotRequired[int]
    """Days the functions' logs are kept; default 14."""
    variables: NotRequired[dict[str, pulumi.Input[str]]]
    """More environment variables of the worker, for the agents' tools."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of everything that takes tags."""


DEFAULT_WORKER_MEMORY: Final = 1_024
DEFAULT_DEADLINE_MARGIN: Final = 30
DEFAULT_THROTTLE_RATE: Final = 500
DEFAULT_THROTTLE_BURST: Final = 1_000


def problems_of(args: StreamingLambdaArgs) -> list[str]:
    """One sentence for each argument that AWS, or the runtime, would refuse later."""
    return [
        *_transport_problems(args["transport"]),
        *choice_problems("package_kind", args.get("package_kind"), PACKAGE_KINDS),
        *platform_problems(Platform(args["runtime"], args["architecture"])),
        *choice_problems("authorization", args.get("authorization"), AUTHORIZATIONS),
        *range_problems("worker_memory", args.get("worker_memory"), WORKER_MEMORY),
        *range_problems("deadline_margin", args.get("deadline_margin"), DEADLINE_MARGIN),
        *range_problems("throttle_rate", args.get("throttle_rate"), THROTTLE),
        *range_problems("throttle_burst", args.get("throttle_burst"), THROTTLE),
        *package_problems("gateway_package", args["gateway_package"]),
        *package_problems("worker_package", args["worker_package"]),
        *agent_problems(args["agents"]),
        *Model.of(args).problems(),
        *mcp_runtime_problems(args.get("mcp_runtimes", {})),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *tag_problems(args.get("tags")),
    ]


def _transport_problems(transport: str) -> list[str]:
    if transport == "function-url":
        return ["transport is 'function-url', which this version cannot deploy yet; use 'websocket'"]
    return choice_problems("transport", transport, TRANSPORTS)


def agent_problems(agents: list[str]) -> list[str]:
    if not agents:
        return ["agents is empty; name at least one module of agents/"]
    return [f"agents has {name!r}; allowed: names of Python modules" for name in agents if not name.isidentifier()]
