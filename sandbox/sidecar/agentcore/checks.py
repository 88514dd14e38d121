"""Checks calls of AgentCore's control plane before the emulator makes what they ask for: it accepts anything."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.agent_code import code_problem
from sandbox.agent_lifecycle import limits_problem, session_limits
from sandbox.sidecar.agent_sessions.artifacts import Artifacts
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, invalid
from sandbox.sidecar.agent_sessions.launch import contains
from sandbox.sidecar.agent_sessions.version import PROTOCOLS

Check = Callable[[Mapping[str, Any]], Awaitable[None]]


class Checks:
    """Routes of the control plane that answer 204 where there is no objection."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    def routes(self) -> list[Route]:
        checked: list[tuple[str, str, Check]] = [
            ("/runtimes/", "PUT", self._runtime),
            ("/runtimes", "PUT", self._runtime),
            ("/runtimes/{runtime}/", "PUT", self._runtime),
            ("/runtimes/{runtime}", "PUT", self._runtime),
            ("/memories/create", "POST", _memory),
            ("/memories/{memory:path}/update", "PUT", _memory),
        ]
        return [Route(path, _guarded(check), methods=[method]) for path, method, check in checked]

    async def _runtime(self, asked: Mapping[str, Any]) -> None:
        """Raises AgentCoreError unless the sandbox can run the runtime."""
        protocol = (asked.get("protocolConfiguration") or {}).get("serverProtocol", "HTTP")
        if protocol not in PROTOCOLS:
            raise invalid(f"serverProtocol is {protocol!r}; allowed: {', '.join(PROTOCOLS)}.")
        if problem := limits_problem(session_limits(asked.get("lifecycleConfiguration") or {})):
            raise invalid(f"{problem}.")
        artifact = asked.get("agentRuntimeArtifact") or {}
        if not artifact:
            return  # the emulator names the missing key
        if "codeConfiguration" not in artifact:
            raise invalid("agentRuntimeArtifact has no codeConfiguration; images do not run without Docker.")
        await self._check_code(artifact["codeConfiguration"])

    async def _check_code(self, code: Mapping[str, Any]) -> None:
        s3 = (code.get("code") or {}).get("s3") or {}
        bucket, key = s3.get("bucket"), s3.get("prefix")
        if not bucket or not key:
            raise invalid("agentRuntimeArtifact names no object; set bucket and prefix of code.s3.")
        place = f"s3://{bucket}/{key}"
        entry, runtime = code.get("entryPoint") or [], str(code.get("runtime"))
        if problem := code_problem(place, entry, runtime, lambda _script: True):
            raise invalid(f"{problem}.")
        try:
            tree = await self._artifacts.content(bucket, key)
        except ValueError as error:
            raise invalid(f"The code {place} {str(error).rstrip('.')}.") from error
        if problem := code_problem(place, entry, runtime, lambda script: contains(tree, script)):
            raise invalid(f"{problem}.")


async def _memory(asked: Mapping[str, Any]) -> None:
    """Raises AgentCoreError for a memory whose strategies should extract records from events."""
    strategies = asked.get("memoryStrategies")
    if strategies.get("addMemoryStrategies") if isinstance(strategies, dict) else strategies:
        raise invalid(
            "memoryStrategies are set, but the sandbox extracts no long-term records from events: leave them out here, "
            "and write records with BatchCreateMemoryRecords, or use a memory on AWS."
        )


def _guarded(check: Check) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            asked = json.loads(await request.body() or b"{}")
            if not isinstance(asked, dict):
                raise invalid("The request body must be a JSON object.")
            await check(asked)
        except ValueError as error:
            return _rejection(invalid(f"The request body is not JSON: {error}."))
        except AgentCoreError as error:
            return _rejection(error)
        return Response(status_code=204)

    return handle


def _rejection(error: AgentCoreError) -> Response:
    return JSONResponse({"message": error.message}, error.status, {"x-amzn-errortype": error.kind})
