"""The client: starts, follows, cancels and lists runs over one connection that it keeps open."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from client._connection import Connection, Socket
from client._errors import ClosedError, LongrunError, NoResponseError, ProtocolError, RequestError
from client._event_stream import EventStream
from client._events import RunEvent, RunSummary
from client._files import RunFile
from client._pending_requests import PendingRequests
from client._request_checks import validate_request
from client._run import RunHandle
from client._target import Target
from client._timing import Timing
from contract.errors import ErrorCode
from contract.limits import MAX_RUNS
from contract.run_ids import new_run_id

_TRANSIENT_CODES: Final[frozenset[str]] = frozenset({ErrorCode.THROTTLED, ErrorCode.INTERNAL})
"""Errors that may be gone at the next attempt."""


class LongrunClient:
    """A client of one deployment; several runs share its socket. Use it with `async with`."""

    def __init__(self, target: Target, timing: Timing | None = None) -> None:
        self._target = target
        self._timing = timing or Timing()
        self._pending = PendingRequests()
        self._streams: dict[str, EventStream] = {}
        self._follow_tasks: set[asyncio.Task[None]] = set()
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        """Connect. Raises UnreachableError, ConnectionRejectedError, CredentialsError or ProtocolError."""
        connection = Connection(self._target, self._timing, self._receive, self._fail)
        await connection.open()
        self._connection = connection
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._follow_tasks:
            task.cancel()
        await asyncio.gather(*self._follow_tasks, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    async def start(
        self,
        question: str,
        agent: str | None = None,
        session_id: str | None = None,
        run_id: str | None = None,
        answers: Sequence[object] = (),
        if_busy: str | None = None,
    ) -> RunHandle:
        """Start a run and follow it. The request is repeated with the same run id until it is acknowledged. `answers`
        are those of the run's first questions, at most ten, in order: it does not wait for them. Where the session has
        an active run, `if_busy` lets this one be rejected (reject, the default), start after it (queue), or be given to
        its agent as a message (steer): then this run ends with stop_reason steered, and its final event names the other
        run as steered_into; it starts after the other one where that ends before.

        Raises RequestError with INVALID_REQUEST, CONFLICT (the run id belongs to another request, or the session has an
        active run) or NOT_OWNER; THROTTLED where twenty runs of the session wait.
        """
        chosen = new_run_id() if run_id is None else run_id
        frame: dict[str, object] = {"question": question, "agent": agent, "session_id": session_id}
        frame |= {"answers": list(answers) or None, "if_busy": if_busy}
        given = {key: value for key, value in frame.items() if value is not None}
        return await self._follow_run("start", EventStream(chosen, after=0), given)

    async def watch(self, run_id: str, after: int = 0, patience: float = 0.0) -> RunHandle:
        """Follow an existing run, from the event after `after`. RequestError UNKNOWN_RUN or NOT_OWNER.

        `patience` is for a run whose event was just put on the bus: the seconds for which it may still be unknown.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            try:
                return await self._follow_run("resume", EventStream(run_id, after), {"after": after})
            except RequestError as error:
                if error.code != ErrorCode.UNKNOWN_RUN or not patience:
                    raise
                if loop.time() >= end:
                    raise _not_started(run_id, patience) from error
            await asyncio.sleep(self._timing.arrival)

    async def cancel(self, run_id: str) -> None:
        """Request the cancellation of a run; returns when the journal has it. RequestError UNKNOWN_RUN or NOT_OWNER."""
        await self._request("cancel", run_id)

    async def answer(self, run_id: str, answer: object, question_id: str | None = None) -> None:
        """Answer a question of a run with any JSON value; without `question_id` the one question that is open. Returns
        when the journal has it.

        RequestError UNKNOWN_RUN or NOT_OWNER; INVALID_REQUEST for an answer that does not fit (the question stays
        open), no such question, or several that are open; CONFLICT where it is answered already, has expired, or the
        run has ended. A request that is repeated after a lost response may meet its own first answer as CONFLICT.
        """
        named = {} if question_id is None else {"question_id": question_id}
        await self._request("answer", run_id, answer=answer, **named)

    async def runs(self, limit: int = MAX_RUNS) -> list[RunSummary]:
        """The caller's newest runs, newest first; at most MAX_RUNS."""
        frame, _ = await self._request("runs", None, limit=limit)
        try:
            return [RunSummary.from_wire(summary) for summary in frame["runs"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(self._target.shown, "its list of runs is malformed") from error

    async def files(self, run_id: str) -> list[RunFile]:
        """The files that the run has written so far, by name. RequestError UNKNOWN_RUN or NOT_OWNER."""
        found: dict[str, RunFile] = {}
        repeated = 0  # a request that was sent twice gets its response twice, which is harmless
        while repeated < self._timing.attempts:
            after = {"after": max(found)} if found else {}
            frame, _ = await self._request("files", run_id, **after)
            try:
                page = {file.name: file for file in map(RunFile.from_wire, frame["files"])}
                more = bool(frame["more"])
            except (KeyError, TypeError, ValueError) as error:
                raise ProtocolError(self._target.shown, "its list of files is malformed") from error
            repeated += page.keys() <= found.keys()
            found |= page
            if not more:
                return [found[name] for name in sorted(found)]
        raise ProtocolError(self._target.shown, "its list of files does not end")

    async def download(self, run_id: str, folder: Path, overwrite: bool = False) -> list[Path]:
        """Download the files that the run has written so far. Their paths, by name; errors as of `files` and
        `download_files`."""
        return await self.download_files(await self.files(run_id), folder, overwrite)

    async def download_files(self, files: Sequence[RunFile], folder: Path, overwrite: bool = False) -> list[Path]:
        """Download the listed files to the folder. Their paths, in the order of `files`; no file is written partially.

        Raises LongrunError with FILE_EXISTS (unless `overwrite`), UNSAFE_NAME, DOWNLOAD_FAILED, PROTOCOL or
        UNREACHABLE, and OSError for a folder that cannot be written.
        """
        from client._download import download_files  # noqa: PLC0415  importing httpx is slow, and only this needs it

        return await download_files(files, folder, overwrite)

    async def ping(self) -> float:
        """The round trip time to the deployment, in seconds."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        await self._request("ping", None)
        return loop.time() - started

    async def _follow_run(self, action: str, stream: EventStream, fields: Mapping[str, Any]) -> RunHandle:
        known = self._streams.get(stream.run_id)
        if known is not None and not known.is_over:
            raise LongrunError(ErrorCode.CONFLICT, f"This client already follows run {stream.run_id}.", stream.run_id)
        self._streams[stream.run_id] = stream  # before the ack: events may arrive first
        try:
            ack, socket = await self._request(action, stream.run_id, **fields)
        except BaseException:
            self._forget(stream)
            raise
        task = asyncio.create_task(self._follow(stream, socket))
        self._follow_tasks.add(task)
        task.add_done_callback(self._follow_tasks.discard)
        return RunHandle(stream, str(ack.get("session_id", "")), self.cancel, self.answer)

    async def _follow(self, stream: EventStream, socket: Socket) -> None:
        """Resume the run whenever events may be missing, until it is over."""
        try:
            asked = None
            socket.lost.add_done_callback(lambda _: stream.disturb())
            while await self._is_missing(stream, socket, asked):
                asked = stream.last_seq
                socket = await self._resume(stream)
                socket.lost.add_done_callback(lambda _: stream.disturb())
        except LongrunError as error:
            stream.fail(error)
        finally:
            stream.fail(ClosedError())
            self._forget(stream)

    def _forget(self, stream: EventStream) -> None:
        if self._streams.get(stream.run_id) is stream:  # the run may be followed again already
            del self._streams[stream.run_id]

    async def _is_missing(self, stream: EventStream, socket: Socket, asked: int | None) -> bool:
        """Wait until the run must be resumed (True) or is over (False)."""
        while True:
            seen = stream.last_seq
            # A run may wait for days; its socket is kept open as an idle one, and this request replaces a ping.
            quiet = max(self._timing.quiet, self._timing.keep_alive) if stream.waits else self._timing.quiet
            disturbed = await stream.disturbance(quiet)
            if stream.is_over:
                return False
            if not disturbed and stream.last_seq > seen:
                continue
            if disturbed and stream.last_seq == asked and not socket.lost.done():
                await asyncio.wait({socket.lost}, timeout=self._timing.retry)
                if stream.last_seq > asked and not stream.has_gap:
                    continue
                if stream.has_gap:
                    # A worker that has already sent the missing events accepts a subscription from a new socket only.
                    await socket.drop()
            return not stream.is_over

    async def _resume(self, stream: EventStream) -> Socket:
        for attempt in range(1, self._timing.attempts + 1):
            try:
                _, socket = await self._request("resume", stream.run_id, after=stream.last_seq)
            except RequestError as error:
                if error.code not in _TRANSIENT_CODES or attempt == self._timing.attempts:
                    raise
                await asyncio.sleep(self._timing.retry)
            else:
                return socket
        raise AssertionError("attempts is at least 1")

    async def _request(self, action: str, run_id: str | None, **fields: object) -> tuple[Mapping[str, Any], Socket]:
        """Send the request until its response arrives: again on a new socket, and again after a timeout."""
        if self._connection is None:
            raise ClosedError
        frame = {"action": action, **fields} | ({} if run_id is None else {"run_id": run_id})
        validate_request(frame, run_id)
        unanswered = 0
        with self._pending.expect(action, run_id) as response:
            while True:
                socket = await self._connection.socket()
                await socket.send(frame)
                lost = socket.lost
                waited: set[asyncio.Future[Any]] = {response, lost}
                await asyncio.wait(waited, timeout=self._timing.answer, return_when=asyncio.FIRST_COMPLETED)
                if response.done():
                    return response.result(), socket
                unanswered += not lost.done()
                if unanswered == self._timing.attempts:
                    raise NoResponseError(action, self._timing.answer * unanswered, run_id)

    def _receive(self, frame: Mapping[str, Any]) -> None:
        """Dispatch a frame. Frames of other types are ignored: API Gateway sends its own when it throttles, and the
        request is repeated then."""
        kind = frame.get("type")
        try:
            if kind == "event":
                event = RunEvent.from_wire(frame["event"])
                if event.run_id in self._streams:
                    self._streams[event.run_id].take(event)
            elif kind == "ack":
                self._pending.settle(frame["action"], frame["run_id"], frame)
            elif kind == "error":
                self._take_error(str(frame["code"]), str(frame["error"]), frame.get("run_id"))
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(self._target.shown, f"its {kind} frame is malformed") from error
        if kind in {"pong", "runs"}:
            self._pending.settle("ping" if kind == "pong" else "runs", None, frame)
        elif kind == "files":
            self._pending.settle("files", frame.get("run_id"), frame)

    def _take_error(self, code: str, message: str, run_id: str | None) -> None:
        if self._pending.reject(code, message, run_id):
            return
        stream = self._streams.get(run_id or "")
        if stream is None:
            return
        if code == ErrorCode.THROTTLED:
            stream.disturb()  # the gateway stopped a long replay
        else:
            # The final event with the same error follows; the run is resumed only if it does not arrive.
            asyncio.get_running_loop().call_later(self._timing.retry, stream.disturb)

    def _fail(self, error: LongrunError) -> None:
        self._pending.fail(error)
        for stream in self._streams.values():
            stream.fail(error)


def _not_started(run_id: str, seconds: float) -> RequestError:
    message = (
        f"Run {run_id} is not known {seconds:g} s after its event; check the state machine's executions, the start "
        "handler's log, and whether the event is in the rule's dead-letter queue."
    )
    return RequestError(ErrorCode.UNKNOWN_RUN, message, run_id)
