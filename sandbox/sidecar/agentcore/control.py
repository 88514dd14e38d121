"""The sidecar's own routes for sessions: a list, and a fault that kills one."""

import os
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.sidecar.agent_sessions.session import Session
from sandbox.sidecar.agent_sessions.sessions import Sessions


class SessionControl:
    """Routes under /_longrun/sessions."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def routes(self) -> list[Route]:
        return [
            Route("/_longrun/sessions", self._list, methods=["GET"]),
            Route("/_longrun/sessions/{session_id:path}/kill", self._kill, methods=["POST"]),
        ]

    async def _list(self, _: Request) -> Response:
        return JSONResponse({"sessions": [_shown(session) for session in self._sessions.all()]})

    async def _kill(self, request: Request) -> Response:
        """Kills the session's processes, as a crash would; 404 where no process runs for that id."""
        session_id = request.path_params["session_id"]
        if killed := self._sessions.kill(session_id):
            return JSONResponse({"killed": killed})
        return JSONResponse({"error": f"No session {session_id} is running.", "code": "UNKNOWN_SESSION"}, 404)


def _shown(session: Session) -> dict[str, Any]:
    version = session.target.version
    return {
        "runtime": version.runtime_id,
        "version": version.number,
        "endpoint": session.target.endpoint,
        "session_id": session.identity.session_id,
        "protocol": version.protocol,
        "status": session.status,
        "pid": session.pid,
        "forked": session.forked,
        "started_at": session.started_at.isoformat(timespec="milliseconds"),
        "rss_bytes": _resident(session.pid) if session.pid else None,
        "log_group": session.log.group,
        "log_stream": session.log.stream,
    }


def _resident(pid: int) -> int | None:
    """Returns the resident bytes, including shared pages; None where the system does not report them."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return None
