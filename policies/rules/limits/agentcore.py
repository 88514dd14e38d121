"""AgentCore's numbers and words."""

from typing import Final

from policies.rules.aws_limits import AGENTCORE_API, Range

MEMORY_API: Final = "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateMemory.html"

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
    r"(?:\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?|public\.ecr\.aws)"
    r"/[a-z0-9]+(?:[._/-]+[a-z0-9]+){0,64}(?::[^:@]{1,300})?(?:@.+)?"
)
EVENT_DAYS: Final = Range(7, 365, "days", MEMORY_API)
"""Of a memory's events. The newest service model takes 3 to 3,650."""
