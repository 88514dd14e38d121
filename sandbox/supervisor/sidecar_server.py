"""Serves the sidecar in a thread of the supervisor, on a socket that is already bound."""

import logging
import socket
import sys
from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette

from sandbox.access.gate import Gate
from sandbox.errors import SandboxCode, SandboxError
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.settings import SettingsError, SidecarSettings
from sandbox.supervisor.sidecar_app import create_app


def create_sidecar(settings: Mapping[str, Any], workspace: AgentWorkspace) -> Starlette:
    """Returns the application; `settings` are fields of SidecarSettings. Raises INVALID_CONFIG."""
    try:
        return create_app(SidecarSettings(**settings), workspace)
    except (SettingsError, TypeError) as error:
        raise SandboxError(SandboxCode.INVALID_CONFIG, f"the sandbox's model cannot be set up: {error}") from error


def serve_sidecar(listener: socket.socket, app: Gate, ended: Callable[[], None]) -> None:
    """Returns at once; clients wait in the backlog until it serves. `ended` is called from the thread when it has
    stopped serving."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="websockets-sansio", backlog=1024)
    server = uvicorn.Server(config)

    def serve() -> None:
        # Outside the main thread uvicorn installs no signal handlers, so the supervisor's stay in place.
        try:
            server.run([listener])
        finally:
            ended()

    Thread(target=serve, name="sidecar", daemon=True).start()
