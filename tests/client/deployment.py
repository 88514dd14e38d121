"""A server in the test's process that implements the server side of the run contract on real sockets."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve

from client._target import Target

Frame = dict[str, Any]
Answer = Callable[["Deployment", ServerConnection, Frame], Awaitable[None]]

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
OTHER_ID = "01926e3c-7c1a-7d00-8000-0123456789ac"
PAGE = 2
STARTED: tuple[str, Frame] = ("RUN_ACCEPTED", {"question": "Why?", "agent": "a", "session_id": "s"})
SUCCEEDED: tuple[str, Frame] = ("RUN_SUCCEEDED", {"stop_reason": "end_turn"})


def text(words: str) -> tuple[str, Frame]:
    return "TEXT", {"text": words}


class Deployment:
    """Runs as lists of events, and what the server does with each frame: `answer` may be replaced by a test.

    `files` is what every run has made, in order of name. `received` holds every frame that came in, `sockets` every
    socket that was opened, in order.
    """

    def __init__(self) -> None:
        self.journal: dict[str, list[Frame]] = {}
        self.files: list[Frame] = []
        self.received: list[Frame] = []
        self.sockets: list[ServerConnection] = []
        self.answer: Answer = answer
        self.server: Server | None = None

    def record(self, run_id: str, *events: tuple[str, Frame]) -> None:
        """Append events to a run's journal."""
        entries = self.journal.setdefault(run_id, [])
        for kind, data in events:
            at = "2026-11-21T09:00:00.000Z"
            entries.append({"run_id": run_id, "seq": len(entries) + 1, "type": kind, "at": at, "data": data})

    def record_answer(self, run_id: str, words: list[str]) -> None:
        """A run that succeeded with that text."""
        self.record(run_id, STARTED, *(text(word) for word in words), SUCCEEDED)

    def actions(self) -> list[str]:
        return [frame["action"] for frame in self.received]

    async def send(self, socket: ServerConnection, *frames: Frame) -> None:
        for frame in frames:
            await socket.send(json.dumps(frame))

    async def send_events(self, socket: ServerConnection, run_id: str, *seqs: int) -> None:
        await self.send(socket, *({"type": "event", "event": self.journal[run_id][seq - 1]} for seq in seqs))

    async def acknowledge(self, socket: ServerConnection, frame: Frame) -> None:
        ack = {"type": "ack", "action": frame["action"], "run_id": frame["run_id"], "session_id": "s"}
        await self.send(socket, ack)

    async def reject(self, socket: ServerConnection, code: str, message: str, run_id: str | None = None) -> None:
        about = {} if run_id is None else {"run_id": run_id}
        error = {"type": "error", "error": message, "code": code, "timestamp": "2026-11-21T09:00:00.000Z"}
        await self.send(socket, error | about)

    async def stop(self) -> None:
        """Go away: end every socket and listen no more."""
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()

    async def handle(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        async for message in socket:
            frame = json.loads(message)
            self.received.append(frame)
            await self.answer(self, socket, frame)


async def answer(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
    """What the gateway does for a run that is in the journal as a whole."""
    match frame["action"]:
        case "ping":
            await deployment.send(socket, {"type": "pong"})
        case "runs":
            await deployment.send(socket, {"type": "runs", "runs": []})
        case _ if frame["run_id"] not in deployment.journal:
            await deployment.reject(socket, "UNKNOWN_RUN", "There is no such run.", frame["run_id"])
        case "files":
            later = [file for file in deployment.files if file["name"] > frame.get("after", "")]
            page = {"type": "files", "run_id": frame["run_id"], "files": later[:PAGE], "more": len(later) > PAGE}
            await deployment.send(socket, page)
        case "cancel":
            await deployment.acknowledge(socket, frame)
        case _:
            await deployment.acknowledge(socket, frame)
            events = deployment.journal[frame["run_id"]]
            await deployment.send_events(socket, frame["run_id"], *range(frame.get("after", 0) + 1, len(events) + 1))


@asynccontextmanager
async def served(deployment: Deployment) -> AsyncIterator[Target]:
    """Listens on a free port; yields where."""
    async with serve(deployment.handle, "127.0.0.1", 0, close_timeout=1) as server:
        deployment.server = server
        port = next(iter(server.sockets)).getsockname()[1]
        yield Target(f"ws://127.0.0.1:{port}/live")
