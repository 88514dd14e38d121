"""All sessions of a sandbox."""

import asyncio
import itertools
import os

from sandbox.forking.unix_socket import short
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, not_found
from sandbox.sidecar.agent_sessions.session import Identity, Limits, Session
from sandbox.sidecar.agent_sessions.session_log import SessionLog, Ship
from sandbox.sidecar.agent_sessions.starter import Starter
from sandbox.sidecar.agent_sessions.version import Target
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.settings import SidecarSettings

Key = tuple[str, str, str]


class Sessions:
    """One session for each runtime, endpoint and session id; only the event loop uses it, so there is no lock."""

    def __init__(self, workspace: AgentWorkspace, settings: SidecarSettings, starter: Starter, ship: Ship) -> None:
        self._workspace = workspace
        self._settings = settings
        self._starter = starter
        self._ship = ship
        self._folder = workspace.folder / "sessions"
        self._descriptor: int | None = None
        self._numbers = itertools.count(1)
        self._open: dict[Key, Session] = {}
        self._all: set[Session] = set()

    def all(self) -> list[Session]:
        """Returns all sessions, including those that are ending, the oldest first."""
        return sorted(self._all, key=lambda session: session.started_at)

    def get(self, target: Target, session_id: str) -> Session:
        """Returns the session, or starts it. Raises AgentCoreError when the maximum number is running."""
        key = _key(target, session_id)
        if key not in self._open:
            self._require_capacity()
            session = self._new(target, session_id)
            self._open[key] = session
            self._all.add(session)
            session.begin(self._starter)
        return self._open[key]

    def stop(self, target: Target, session_id: str) -> None:
        """Starts to end a session. Raises AgentCoreError when it does not exist."""
        session = self._open.get(_key(target, session_id))
        if session is None:
            elsewhere = [key[1] for key in self._open if (key[0], key[2]) == (target.version.runtime_id, session_id)]
            hint = f"; it runs on endpoint {elsewhere[0]}, which qualifier must name" if elsewhere else ""
            raise not_found(f"Session {session_id} does not exist on endpoint {target.endpoint}{hint}.")
        session.soon(session.stop("StopRuntimeSession"))

    def kill(self, session_id: str) -> list[int]:
        """Kills the sessions with that id, of any runtime; returns their process ids."""
        victims = [session for session in self._all if session.identity.session_id == session_id and session.pid]
        for session in victims:
            session.kill()
        return [session.pid for session in victims if session.pid]

    async def close(self) -> None:
        """Ends all sessions concurrently."""
        await asyncio.gather(*(session.abandon() for session in self._all))
        if self._descriptor is not None:
            os.close(self._descriptor)

    def _new(self, target: Target, session_id: str) -> Session:
        if self._descriptor is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._folder, os.O_RDONLY)
        name = str(next(self._numbers))
        socket = short(self._descriptor, f"{name}/agent.sock", self._folder)
        logs = self._workspace.logs / f"{target.version.runtime_id}-{target.endpoint}"
        log = SessionLog(logs, target.log_group, session_id, self._ship)
        identity = Identity(target, session_id, self._folder / name, socket)
        return Session(identity, log, self._limits(target), self._left, self._all.discard)

    def _limits(self, target: Target) -> Limits:
        scale = self._settings.session_time_scale
        return Limits(
            start=self._settings.session_start_seconds,
            stop=self._settings.session_stop_seconds,
            idle=target.version.idle_seconds * scale,
            lifetime=target.version.lifetime_seconds * scale,
        )

    def _left(self, session: Session) -> None:
        key = _key(session.target, session.identity.session_id)
        if self._open.get(key) is session:
            del self._open[key]

    def _require_capacity(self) -> None:
        if len(self._all) >= self._settings.max_sessions:
            raise AgentCoreError(
                "ServiceQuotaExceededException",
                f"{len(self._all)} sessions are running, as many as the sandbox allows (sidecar setting max_sessions).",
            )


def _key(target: Target, session_id: str) -> Key:
    return target.version.runtime_id, target.endpoint, session_id
