"""AgentCore's numbers and words."""

from typing import Final

from policies.rules.aws_limits.partitions import SUFFIX
from policies.rules.aws_limits.source import Name, Range, Source

AGENTCORE_QUOTAS: Final = Source(
    "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html"
)
AGENTCORE_API: Final = Source(
    "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateAgentRuntime.html"
)
AGENTCORE_LIFECYCLE: Final = Source(
    "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-lifecycle-settings.html"
)
MEMORY_API: Final = Source(
    "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateMemory.html"
)

AGENTCORE_NAME: Final = Name(48, "[a-zA-Z][a-zA-Z0-9_]*", AGENTCORE_API)
"""Of a runtime and of an endpoint: no hyphen, which names made by Pulumi have."""

AGENTCORE_SESSION: Final = Range(60, 28_800, "seconds", AGENTCORE_LIFECYCLE)
"""A session's idle limit and its whole life, on the microVMs that AgentCore runs by default."""

AGENTCORE_DEFAULT_IDLE: Final = 900
"""Seconds without work after which a session ends when no limit is given (AGENTCORE_LIFECYCLE)."""

AGENTCORE_DEFAULT_LIFETIME: Final = 28_800
"""Seconds after which a session ends in any case when no limit is given (AGENTCORE_LIFECYCLE)."""

AGENTCORE_REQUEST: Final = Range(0, 900, "seconds", AGENTCORE_QUOTAS)
"""How long a caller waits for the reply to begin; a stream and a background task may take longer."""

AGENTCORE_ZIP: Final = Range(0, 250 * 1024 * 1024, "bytes", AGENTCORE_QUOTAS)
AGENTCORE_UNZIPPED: Final = Range(0, 750 * 1024 * 1024, "bytes", AGENTCORE_QUOTAS)
AGENTCORE_ENTRY_POINT: Final = Range(1, 2, "words", AGENTCORE_API)
AGENTCORE_ENTRY_WORD: Final = Range(1, 128, "characters", AGENTCORE_API)
AGENTCORE_VARIABLES: Final = Range(0, 50, "variables", AGENTCORE_API)
AGENTCORE_VARIABLE_NAME: Final = Range(1, 100, "characters", AGENTCORE_API)
AGENTCORE_VARIABLE_VALUE: Final = Range(0, 5_000, "characters", AGENTCORE_API)
AGENTCORE_SUBNETS: Final = Range(1, 16, "subnets or security groups", AGENTCORE_API)

PROTOCOLS: Final = ("A2A", "AGUI", "HTTP", "MCP")
NETWORK_MODES: Final = ("PUBLIC", "VPC")
MANAGED_RUNTIME: Final = r"PYTHON_3_1\d|NODE_\d\d"
"""The pattern of what code can be written in, from PYTHON_3_10 on: newer versions come every year (AGENTCORE_API)."""

FORWARDED_HEADERS: Final = Range(1, 20, "headers", AGENTCORE_API)
HEADER_NAME: Final = "[A-Za-z][A-Za-z0-9_-]{0,255}"
CUSTOM_HEADER: Final = "x-amzn-bedrock-agentcore-runtime-custom-"
"""In lower case; the only headers of this service's own that reach the code and are free to use."""

DISCOVERY_URL: Final = (
    r"https://[^\s?#]+/\.well-known/(?:openid-configuration|oauth-authorization-server)(?:/[^\s?#]+)?"
)
IMAGE: Final = (
    rf"(?:\d{{12}}\.dkr\.ecr\.[a-z0-9-]+\.(?:{SUFFIX})|public\.ecr\.aws)"
    r"/[a-z0-9]+(?:[._/-]+[a-z0-9]+){0,64}(?::[^:@]{1,300})?(?:@.+)?"
)
EVENT_DAYS: Final = Range(7, 365, "days", MEMORY_API)
"""Of a memory's events. The newest service model takes 3 to 3,650."""
