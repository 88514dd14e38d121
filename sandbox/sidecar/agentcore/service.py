"""AgentCore in one sandbox, which starts and ends with the sidecar's event loop."""

import asyncio
import logging
from contextlib import suppress

from starlette.routing import BaseRoute

from sandbox.access.keys import Keys
from sandbox.emulator_access import ACCOUNT
from sandbox.sidecar.agent_sessions.artifacts import Artifacts
from sandbox.sidecar.agent_sessions.emulator_calls import EmulatorCalls
from sandbox.sidecar.agent_sessions.errors import AgentCoreError
from sandbox.sidecar.agent_sessions.session_log import LogShipper
from sandbox.sidecar.agent_sessions.sessions import Sessions
from sandbox.sidecar.agent_sessions.starter import Starter
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.agentcore.catalogue import Catalogue, EmulatorControlPlane
from sandbox.sidecar.agentcore.checks import Checks
from sandbox.sidecar.agentcore.control import SessionControl
from sandbox.sidecar.agentcore.data_plane import DataPlane
from sandbox.sidecar.agentcore.websocket_plane import WebSocketPlane
from sandbox.sidecar.settings import SidecarSettings

logger = logging.getLogger(__name__)


class AgentCore:
    """The data plane, its control routes, and the preparation of runtimes before their first invocation."""

    def __init__(
        self,
        workspace: AgentWorkspace,
        catalogue: Catalogue,
        artifacts: Artifacts,
        starter: Starter,
        sessions: Sessions,
    ) -> None:
        self._workspace = workspace
        self._catalogue = catalogue
        self._artifacts = artifacts
        self._starter = starter
        self._sessions = sessions
        self._preparing: set[asyncio.Task[None]] = set()

    @classmethod
    def create(cls, workspace: AgentWorkspace, settings: SidecarSettings) -> "AgentCore":
        """Uses the emulator's control plane, S3 and CloudWatch Logs."""
        variables = workspace.environment
        calls = EmulatorCalls(workspace.endpoint, variables["AWS_DEFAULT_REGION"], Keys.from_environment(variables))
        artifacts = Artifacts(workspace, calls)
        starter = Starter(workspace, artifacts, settings.session_queue_seconds)
        sessions = Sessions(workspace, settings, starter, LogShipper(calls).ship)
        return cls(workspace, Catalogue(EmulatorControlPlane(calls), ACCOUNT), artifacts, starter, sessions)

    def routes(self) -> list[BaseRoute]:
        return [
            *DataPlane(self._catalogue, self._sessions).routes(),
            *WebSocketPlane(self._catalogue, self._sessions).routes(),
            *Checks(self._artifacts).routes(),
            *SessionControl(self._sessions).routes(),
        ]

    def begin(self) -> None:
        """Starts; call it in the sidecar's event loop."""
        loop = asyncio.get_running_loop()

        def prepare(arn: str, endpoint: str) -> None:
            with suppress(RuntimeError):  # the event loop has ended, and the sessions with it
                loop.call_soon_threadsafe(self._prepare_soon, arn, endpoint)

        self._workspace.on_prepare(prepare)

    async def close(self) -> None:
        self._workspace.on_prepare(None)
        for task in self._preparing:
            task.cancel()
        await self._sessions.close()
        self._starter.close()

    def _prepare_soon(self, arn: str, endpoint: str) -> None:
        task = asyncio.create_task(self._prepare(arn, endpoint))
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def _prepare(self, arn: str, endpoint: str) -> None:
        try:
            await self._starter.prepare(await self._catalogue.find(arn, "", endpoint))
        except AgentCoreError as error:
            logger.warning("agent runtime %s is not prepared: %s", arn, error.message)  # an invocation gets the error
