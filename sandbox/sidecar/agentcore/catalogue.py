"""Looks up agent runtimes by ARN or id in the emulator's control plane."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.sidecar.agent_sessions.emulator_calls import EmulatorCalls
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, invalid, not_found
from sandbox.sidecar.agent_sessions.version import AgentVersion, Target, read_version

DEFAULT_ENDPOINT = "DEFAULT"
_ARN = re.compile(r"arn:aws[\w-]*:bedrock-agentcore:[^:]+:\d{12}:runtime/([^/:]+)")
_SERVED = frozenset({"READY", "UPDATING", "UPDATE_FAILED"})
"""The status of an endpoint whose live version can be invoked."""


class ControlPlane(Protocol):
    """GetAgentRuntimeEndpoint and GetAgentRuntime; both raise AgentCoreError for what does not exist."""

    async def endpoint(self, runtime_id: str, name: str) -> Mapping[str, Any]: ...

    async def version(self, runtime_id: str, number: str) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class _Known:
    arn: str
    number: str
    until: float


class Catalogue:
    """Caches versions, which never change, without a limit, and the version of an endpoint for `fresh` seconds."""

    def __init__(self, control_plane: ControlPlane, account: str, fresh: float = 1.0) -> None:
        self._control_plane = control_plane
        self._account = account
        self._fresh = fresh
        self._endpoints: dict[tuple[str, str], _Known] = {}
        self._versions: dict[tuple[str, str], AgentVersion] = {}

    async def find(self, identifier: str, account: str, endpoint: str) -> Target:
        """`identifier` is an ARN, or an id together with the account. Raises AgentCoreError."""
        runtime_id = self._runtime_id(identifier, account)
        known = self._endpoints.get((runtime_id, endpoint))
        if known is None or known.until < time.monotonic():
            known = await self._ask(runtime_id, endpoint)
        if identifier.startswith("arn:") and known.arn != identifier:
            raise not_found(f"Agent runtime {identifier} does not exist; {runtime_id} is {known.arn}.")
        version = self._versions.get((runtime_id, known.number)) or await self._read(runtime_id, known.number)
        return Target(version, endpoint)

    def _runtime_id(self, identifier: str, account: str) -> str:
        if not identifier.startswith("arn:"):
            if account != self._account:
                raise invalid(f"Agent id {identifier} needs accountId={self._account}, not {account!r}.")
            return identifier
        match = _ARN.fullmatch(identifier)
        if match is None:
            raise invalid(f"{identifier!r} is not the ARN of an agent runtime.")
        return match[1]

    async def _ask(self, runtime_id: str, endpoint: str) -> _Known:
        described = await self._control_plane.endpoint(runtime_id, endpoint)
        number = described.get("liveVersion")
        if described["status"] not in _SERVED or not number:
            raise _not_ready(f"Endpoint {endpoint} of agent runtime {runtime_id}", described)
        known = _Known(described["agentRuntimeArn"], str(number), time.monotonic() + self._fresh)
        self._endpoints[runtime_id, endpoint] = known
        return known

    async def _read(self, runtime_id: str, number: str) -> AgentVersion:
        described = await self._control_plane.version(runtime_id, number)
        if described["status"] != "READY":
            raise _not_ready(f"Version {number} of agent runtime {runtime_id}", described)
        version = self._versions[runtime_id, number] = read_version(described)
        return version


def _not_ready(subject: str, described: Mapping[str, Any]) -> AgentCoreError:
    reason = f" ({described['failureReason']})" if described.get("failureReason") else ""
    return invalid(f"{subject} is {described['status']}{reason}; it can be invoked when it is READY.")


class EmulatorControlPlane:
    """The emulator's control plane, through boto3."""

    def __init__(self, calls: EmulatorCalls) -> None:
        self._calls = calls

    async def endpoint(self, runtime_id: str, name: str) -> Mapping[str, Any]:
        return await self._get("get_agent_runtime_endpoint", agentRuntimeId=runtime_id, endpointName=name)

    async def version(self, runtime_id: str, number: str) -> Mapping[str, Any]:
        return await self._get("get_agent_runtime", agentRuntimeId=runtime_id, agentRuntimeVersion=number)

    async def _get(self, operation: str, **arguments: str) -> Mapping[str, Any]:
        from botocore.exceptions import ClientError  # noqa: PLC0415  the call below imports it anyway

        try:
            return await self._calls.call("bedrock-agentcore-control", operation, **arguments)
        except ClientError as error:
            answered = error.response["Error"]
            if answered["Code"] == "ResourceNotFoundException":
                raise not_found(answered["Message"]) from error
            raise AgentCoreError("InternalServerException", f"{operation} failed: {answered['Message']}") from error
