"""What the rules need to know about an AgentCore runtime: its type, and the parts of its artifact."""

from collections.abc import Mapping
from typing import Final

from policies.rules.rule import Resource
from policies.rules.values import mapping

RUNTIME: Final = "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime"
ENDPOINT: Final = "aws:bedrock/agentcoreAgentRuntimeEndpoint:AgentcoreAgentRuntimeEndpoint"
MEMORY: Final = "aws:bedrock/agentcoreMemory:AgentcoreMemory"
RUNTIMES: Final = frozenset({RUNTIME})

ARTIFACT: Final = "agentRuntimeArtifact"
CODE: Final = f"{ARTIFACT}.codeConfiguration"
IMAGE_URI: Final = f"{ARTIFACT}.containerConfiguration.containerUri"
REJECTED: Final = "AgentCore rejects the runtime with a ValidationException"


def code_of(runtime: Resource) -> Mapping[str, object]:
    """The settings of a runtime whose code is a zip; empty for an image."""
    return mapping(runtime.properties, ARTIFACT, "codeConfiguration")


def image_of(runtime: Resource) -> str | None:
    """The address of a runtime's image; None where it has none or it is not known."""
    found = mapping(runtime.properties, ARTIFACT, "containerConfiguration").get("containerUri")
    return found if isinstance(found, str) else None
