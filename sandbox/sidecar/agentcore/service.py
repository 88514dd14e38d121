"""AgentCore in one sandbox: put together, begun with the sidecar's loop, and ended with it."""

import asyncio
import logging
from contextlib import suppress

from starlette.routing import Route

from sandbox.emulator_access import ACCOUNT
from sandbox.sidecar.agent_sessions.artifacts import Artifacts
from sandbox.sidecar.agent_sessions.emulator_calls import EmulatorCalls
from sandbox.sidecar.agent_sessions.errors import AgentCoreError
from sandbox.sidecar.agent_sessions.session_log import LogShipper
from sandbox.sidecar.agent_sessions.sessions import Sessions
from sandbox.sidecar.agent_sessions.starter import Starter
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.agentcore.catalogue import Catalogue, EmulatorControlPlane
from sandbox.sidecar.agentcore.control import SessionControl
from sandbox.sidecar.agentcore.data_plane import DataPlane
from sandbox.sidecar.settings import SidecarSettings

logger = logging.getLogger(__name__)


class AgentCore:
    """The data plane, its control doors, and what it prepares before the first invocation."""

    def __init__(self, home: AgentWorkspace, catalogue: Catalogue, starter: Starter, sessions: Sessions) -> None:
        self._home = home
        self._catalogue = catalogue
        self._starter = starter
        self._sessions = sessions
        self._preparing: set[asyncio.Task[None]] = set()

    @classmethod
    def create(cls, home: AgentWorkspace, settings: SidecarSettings) -> "AgentCore":
        """Over the emulator's control plane, S3 and CloudWatch Logs."""
        calls = EmulatorCalls(home.endpoint, home.environment["AWS_DEFAULT_REGION"])
        starter = Starter(home, Artifacts(home, calls))
        sessions = Sessions(home, settings, starter, LogShipper(calls).ship)
        return cls(home, Catalogue(EmulatorControlPlane(calls), ACCOUNT), starter, sessions)

    def routes(self) -> list[Route]:
        return [*DataPlane(self._catalogue, self._sessions).routes(), *SessionControl(self._sessions).routes()]

    def begin(self) -> None:
        """In the sidecar's loop."""
        loop = asyncio.get_running_loop()

        def prepare(arn: str, endpoint: str) -> None:
            with suppress(RuntimeError):  # the loop has ended, and all of this with it
                loop.call_soon_threadsafe(self._prepare_soon, arn, endpoint)

        self._home.on_prepare(prepare)

    async def close(self) -> None:
        self._home.on_prepare(None)
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
            logger.warning("agent runtime %s is not prepared: %s", arn, error.message)  # an invocation will be told
