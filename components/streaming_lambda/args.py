"""The arguments of StreamingLambda."""

from typing import Final, NotRequired, TypedDict

import pulumi

from components.build_context import BuildContext
from components.model_access import ModelArgs
from components.refs import CodeRef, DataRef, ImageRef, JournalRef, McpRef, SecretRef
from components.streaming_lambda.tokens import TokenArgs
from policies.rules.aws_limits import LAMBDA_TIMEOUT, Range
from policies.rules.lambda_function.functions.function import WORKER_MEMORY

WEBSOCKET: Final = "websocket"
FUNCTION_URL: Final = "function-url"
TRANSPORTS: Final = (WEBSOCKET, FUNCTION_URL)
ZIP: Final = "zip"
IMAGE: Final = "image"
PACKAGES: Final = (ZIP, IMAGE)
AUTHORIZATIONS: Final = ("AWS_IAM", "JWT", "NONE")
WORKER_TIMEOUT: Final = LAMBDA_TIMEOUT.maximum
"""Seconds. Margin, event age and the limit of a run derive from it."""

EVENT_AGE: Final = WORKER_TIMEOUT
"""Seconds that a throttled invocation waits for a free worker before it counts as failed: as long as a run may take."""

_SHORTEST: Final = 5
DEADLINE_MARGIN: Final = Range(_SHORTEST, WORKER_TIMEOUT - _SHORTEST, "seconds", None)
"""With less, the end of a run may not be recorded before Lambda stops the worker."""


RESPONSE_TIME: Final = Range(5, WORKER_TIMEOUT - 60, "seconds", None)
"""Of one response; the rest is for its end."""


class StreamingLambdaArgs(TypedDict):
    gateway: CodeRef
    """Code of the gateway, which a WebSocket has, and of the dead-letter handler."""
    journal: JournalRef
    """Journal in which runs are recorded."""
    data: DataRef
    """Bucket with the agents' data, which the worker reads."""
    model: ModelArgs
    """Model of the agents."""
    agents: list[str]
    """Agents that a question may name; the first is the default."""
    transport: NotRequired[str]
    """How clients connect: websocket (default), or function-url, at which the function streams server-sent events."""
    package: NotRequired[str]
    """Form of the worker: zip (default), or image for a function URL, since no zip of Python streams a response."""
    worker: NotRequired[CodeRef]
    """Code of the worker, with the agents and their dependencies; package zip."""
    image: NotRequired[ImageRef]
    """Image with the streaming endpoint, the agents and the web adapter; package image."""
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
    """Who may connect: AWS_IAM (default), JWT (with tokens; WebSocket only) or NONE. A caller of a function URL also
    needs the secret of a workspace."""
    gateway_name: NotRequired[str]
    """Name of the gateway's function in AWS; default one that Pulumi makes."""
    tokens: NotRequired[TokenArgs | None]
    """Whose tokens are accepted; authorization JWT only."""
    websocket_url: NotRequired[str]
    """Address for clients with {apiId} and {stage} in it, for a custom domain; default the API's own."""
    url: NotRequired[str]
    """Address for callers of the function URL with {urlId} in it, for a proxy before it; default the URL's own."""
    response_seconds: NotRequired[int]
    """Seconds after which a response of the function URL ends, and the reader comes back, 5 to 840; default 60. Longer
    ones bill readers that have left for longer."""
    allowed_origins: NotRequired[list[str]]
    """Origins whose pages may use the function URL, such as https://app.example.com, or * for all; default none."""
    traces_endpoint: NotRequired[str]
    """Address of an OpenTelemetry collector (OTLP over HTTP) for spans; default none: spans go to X-Ray only."""
    traces_keys: NotRequired[SecretRef]
    """Secret with the collector's keys as a JSON object of headers; read at run time."""
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
DEFAULT_RESPONSE_SECONDS: Final = 60


StreamingContext = BuildContext[StreamingLambdaArgs]


def serves_url(args: StreamingLambdaArgs) -> bool:
    """Whether it has a function URL; otherwise it has a WebSocket."""
    return args.get("transport") == FUNCTION_URL
