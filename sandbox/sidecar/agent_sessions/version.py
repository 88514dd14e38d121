"""One version of an agent runtime, as described by the control plane."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from policies.rules.aws_limits import AGENTCORE_DEFAULT_IDLE, AGENTCORE_DEFAULT_LIFETIME
from sandbox.sidecar.agent_sessions.errors import agent_failed

_SERVERS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {"HTTP": (8080, "/invocations"), "MCP": (8000, "/mcp"), "A2A": (9000, "/"), "AGUI": (8080, "/invocations")}
)
"""The contract's port and path for each protocol."""

PROTOCOLS = tuple(_SERVERS)


@dataclass(frozen=True, slots=True)
class AgentVersion:
    """`port` and `path` are those of the artifact's server by the contract, `headers` is the allow-list in lower case;
    the idle and lifetime limits are in seconds."""

    arn: str
    runtime_id: str
    number: str
    protocol: str
    port: int
    path: str
    bucket: str
    key: str
    entry_point: tuple[str, ...]
    language: str
    variables: Mapping[str, str]
    headers: frozenset[str]
    idle_seconds: float
    lifetime_seconds: float

    @property
    def name(self) -> str:
        """A name for the version that can be a file name."""
        return f"{self.runtime_id}.{self.number}"


@dataclass(frozen=True, slots=True)
class Target:
    """The target of an invocation: a version, and the endpoint that refers to it."""

    version: AgentVersion
    endpoint: str

    @property
    def shown(self) -> str:
        return f"agent runtime {self.version.runtime_id} (endpoint {self.endpoint}, version {self.version.number})"

    @property
    def log_group(self) -> str:
        return f"/aws/bedrock-agentcore/runtimes/{self.version.runtime_id}-{self.endpoint}"


def read_version(described: Mapping[str, Any]) -> AgentVersion:
    """Parses the response of GetAgentRuntime. Raises AgentCoreError for a runtime that the sandbox cannot run."""
    runtime_id, number = described["agentRuntimeId"], str(described["agentRuntimeVersion"])
    code = _code(runtime_id, described["agentRuntimeArtifact"])
    server = described.get("protocolConfiguration") or {}
    protocol = server.get("serverProtocol", "HTTP")
    if protocol not in _SERVERS:
        known = ", ".join(_SERVERS)
        raise agent_failed(f"Agent runtime {runtime_id} uses {protocol}; the sandbox runs only {known} runtimes.")
    port, path = _SERVERS[protocol]
    life = described.get("lifecycleConfiguration") or {}
    lifetime = life.get("maxLifetime", AGENTCORE_DEFAULT_LIFETIME)
    headers = (described.get("requestHeaderConfiguration") or {}).get("requestHeaderAllowlist", ())
    return AgentVersion(
        arn=described["agentRuntimeArn"],
        runtime_id=runtime_id,
        number=number,
        protocol=protocol,
        port=server.get("port", port),
        path=server.get("path", path),
        bucket=code["code"]["s3"]["bucket"],
        key=code["code"]["s3"]["prefix"],
        entry_point=tuple(code["entryPoint"]),
        language=code["runtime"],
        variables=MappingProxyType(dict(described.get("environmentVariables") or {})),
        headers=frozenset(header.lower() for header in headers),
        idle_seconds=life.get("idleRuntimeSessionTimeout", min(AGENTCORE_DEFAULT_IDLE, lifetime)),
        lifetime_seconds=lifetime,
    )


def _code(runtime_id: str, artifact: Mapping[str, Any]) -> Mapping[str, Any]:
    container = artifact.get("containerConfiguration")
    if container:
        raise agent_failed(
            f"Agent runtime {runtime_id} is the container image {container['containerUri']}; the sandbox has no Docker "
            "and runs only code artifacts (agentRuntimeArtifact.codeConfiguration)."
        )
    code: Mapping[str, Any] = artifact["codeConfiguration"]
    if not code["runtime"].startswith("PYTHON_"):
        raise agent_failed(
            f"Agent runtime {runtime_id} is for {code['runtime']}; the sandbox runs only Python artifacts."
        )
    return code
