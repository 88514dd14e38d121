"""The client: starts, follows, cancels and lists runs over one socket that it keeps open."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from client.answers import Answers
from client.errors import ClosedError, LongrunError, NoAnswerError, ProtocolError, RequestError
from client.events import RunEvent, RunSummary
from client.feed import Feed
from client.files import RunFile
from client.link import Connection, Link
from client.run import RunHandle
from client.run_id import new_run_id
from client.target import Target
from client.timing import Timing

_PASSING_CODES: Final = frozenset({"THROTTLED", "INTERNAL"})
"""Refusals that may be gone at the next attempt."""


_MAX_FRAME_BYTES: Final = 32_768
"""API Gateway ends the socket of who sends a larger frame, without a word about why."""


class LongrunClient:
    """Speaks the run contract with one deployment; several runs share its socket. Use it as `async with`."""

    def __init__(self, target: Target, timing: Timing | None = None) -> None:
        self._target = target
        self._timing = timing or Timing()
        self._answers = Answers()
        self._feeds: dict[str, Feed] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._link: Link | None = None

    async def __aenter__(self) -> Self:
        """Connects. UnreachableError, RefusedError, CredentialsError or ProtocolError when that fails."""
        link = Link(self._target, self._timing, self._receive, self._fail)
        await link.open()
        self._link = link
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for follower in self._followers:
            follower.cancel()
        await asyncio.gather(*self._followers, return_exceptions=True)
        if self._link is not None:
            await self._link.close()

    async def start(
        self, question: str, agent: str | None = None, session_id: str | None = None, run_id: str | None = None
    ) -> RunHandle:
        """Start a run and follow it. Sent again under the same run id until it is acknowledged.

        RequestError when it is refused: INVALID_REQUEST, CONFLICT (the run id has another request, or the session an
        active run) or NOT_OWNER.
        """
        chosen = run_id or new_run_id()
        frame = {"question": question, "agent": agent, "session_id": session_id}
        given = {key: value for key, value in frame.items() if value is not None}
        return await self._follow_run("start", Feed(chosen, after=0), given)

    async def watch(self, run_id: str, after: int = 0, patience: float = 0.0) -> RunHandle:
        """Follow a run that exists, from the event after `after`. RequestError UNKNOWN_RUN or NOT_OWNER.

        `patience` is for a run whose event was just put on the bus: so many seconds it may still be unknown.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            try:
                return await self._follow_run("resume", Feed(run_id, after), {"after": after})
            except RequestError as error:
                if error.code != "UNKNOWN_RUN" or not patience:
                    raise
                if loop.time() >= end:
                    raise _not_begun(run_id, patience) from error
            await asyncio.sleep(self._timing.arrival)

    async def cancel(self, run_id: str) -> None:
        """Ask a run to stop; done when the journal has it. RequestError UNKNOWN_RUN or NOT_OWNER."""
        await self._request("cancel", run_id)

    async def runs(self, limit: int = 50) -> list[RunSummary]:
        """The caller's newest runs, newest first; at most 50."""
        frame, _ = await self._request("runs", None, limit=limit)
        try:
            return [RunSummary.from_wire(summary) for summary in frame["runs"]]
        except (KeyError, TypeError) as error:
            raise ProtocolError(self._target.url, "its list of runs is malformed") from error

    async def files(self, run_id: str) -> list[RunFile]:
        """What the run has made so far, by name. RequestError UNKNOWN_RUN or NOT_OWNER."""
        found: dict[str, RunFile] = {}
        fruitless = 0  # an answer that comes twice, after a request was sent twice, is no harm
        while fruitless < self._timing.attempts:
            after = {"after": max(found)} if found else {}
            frame, _ = await self._request("files", run_id, **after)
            try:
                page = {file.name: file for file in map(RunFile.from_wire, frame["files"])}
                more = bool(frame["more"])
            except (KeyError, TypeError, ValueError) as error:
                raise ProtocolError(self._target.url, "its list of files is malformed") from error
            fruitless += page.keys() <= found.keys()
            found |= page
            if not more:
                return [found[name] for name in sorted(found)]
        raise ProtocolError(self._target.url, "its list of files has no end")

    async def download(self, run_id: str, folder: Path, overwrite: bool = False) -> list[Path]:
        """Bring what the run has made so far to the folder; the paths, by name. Each file comes whole or not at all.

        As `files`, and LongrunError FILE_EXISTS (unless `overwrite`), UNSAFE_NAME, DOWNLOAD_FAILED or UNREACHABLE.
        """
        from client.download import download  # noqa: PLC0415  httpx takes time that only this needs

        return await download(await self.files(run_id), folder, overwrite)

    async def ping(self) -> float:
        """The seconds that the deployment takes to answer."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        await self._request("ping", None)
        return loop.time() - started

    async def _follow_run(self, action: str, feed: Feed, fields: Mapping[str, Any]) -> RunHandle:
        known = self._feeds.get(feed.run_id)
        if known is not None and not known.is_over:
            raise LongrunError("CONFLICT", f"This client follows run {feed.run_id} already.", feed.run_id)
        self._feeds[feed.run_id] = feed  # before the ack: events may overtake it
        try:
            ack, connection = await self._request(action, feed.run_id, **fields)
        except BaseException:
            self._forget(feed)
            raise
        follower = asyncio.create_task(self._follow(feed, connection))
        self._followers.add(follower)
        follower.add_done_callback(self._followers.discard)
        return RunHandle(feed, str(ack.get("session_id", "")), self.cancel)

    async def _follow(self, feed: Feed, connection: Connection) -> None:
        """Have the run sent anew whenever something of it may be missing, until it is over."""
        try:
            asked = None
            connection.lost.add_done_callback(lambda _: feed.disturb())
            while await self._is_missing(feed, connection, asked):
                asked = feed.last_seq
                connection = await self._resume(feed)
                connection.lost.add_done_callback(lambda _: feed.disturb())
        except LongrunError as error:
            feed.fail(error)
        finally:
            feed.fail(ClosedError())
            self._forget(feed)

    def _forget(self, feed: Feed) -> None:
        if self._feeds.get(feed.run_id) is feed:  # it may be followed anew already
            del self._feeds[feed.run_id]

    async def _is_missing(self, feed: Feed, connection: Connection, asked: int | None) -> bool:
        """Wait until the run must be asked for (True) or is over (False)."""
        while True:
            seen = feed.last_seq
            disturbed = await feed.disturbance(self._timing.quiet)
            if feed.is_over:
                return False
            if not disturbed and feed.last_seq > seen:
                continue
            if disturbed and feed.last_seq == asked and not connection.lost.done():
                await asyncio.wait({connection.lost}, timeout=self._timing.retry)
                if feed.last_seq > asked and not feed.has_gap:
                    continue
                if feed.has_gap:
                    # A worker that has sent the missing events takes the subscription of a new socket only.
                    await connection.drop()
            return not feed.is_over

    async def _resume(self, feed: Feed) -> Connection:
        for attempt in range(1, self._timing.attempts + 1):
            try:
                _, connection = await self._request("resume", feed.run_id, after=feed.last_seq)
            except RequestError as error:
                if error.code not in _PASSING_CODES or attempt == self._timing.attempts:
                    raise
                await asyncio.sleep(self._timing.retry)
            else:
                return connection
        raise AssertionError("attempts is at least 1")

    async def _request(self, action: str, run_id: str | None, **fields: object) -> tuple[Mapping[str, Any], Connection]:
        """Send until answered: again on a new socket, and again when no answer comes in time."""
        if self._link is None:
            raise ClosedError
        frame = {"action": action, **fields} | ({} if run_id is None else {"run_id": run_id})
        _check_size(frame, run_id)
        unanswered = 0
        with self._answers.expect(action, run_id) as answer:
            while True:
                connection = await self._link.connection()
                await connection.send(frame)
                lost = connection.lost
                waited: set[asyncio.Future[Any]] = {answer, lost}
                await asyncio.wait(waited, timeout=self._timing.answer, return_when=asyncio.FIRST_COMPLETED)
                if answer.done():
                    return answer.result(), connection
                unanswered += not lost.done()
                if unanswered == self._timing.attempts:
                    raise NoAnswerError(action, self._timing.answer * unanswered, run_id)

    def _receive(self, frame: Mapping[str, Any]) -> None:
        """Frames of other types are passed over: API Gateway sends its own when it throttles, and the request will be
        sent again."""
        kind = frame.get("type")
        try:
            if kind == "event":
                event = RunEvent.from_wire(frame["event"])
                if event.run_id in self._feeds:
                    self._feeds[event.run_id].take(event)
            elif kind == "ack":
                self._answers.settle(frame["action"], frame["run_id"], frame)
            elif kind == "error":
                self._take_error(str(frame["code"]), str(frame["error"]), frame.get("run_id"))
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(self._target.url, f"its {kind} frame is malformed") from error
        if kind in {"pong", "runs"}:
            self._answers.settle("ping" if kind == "pong" else "runs", None, frame)
        elif kind == "files":
            self._answers.settle("files", frame.get("run_id"), frame)

    def _take_error(self, code: str, sentence: str, run_id: str | None) -> None:
        if self._answers.refuse(code, sentence, run_id):
            return
        feed = self._feeds.get(run_id or "")
        if feed is None:
            return
        if code == "THROTTLED":
            feed.disturb()  # a long replay was stopped on the way
        else:
            # The closing event, which says the same, is due; it is asked for only if it does not come.
            asyncio.get_running_loop().call_later(self._timing.retry, feed.disturb)

    def _fail(self, error: LongrunError) -> None:
        self._answers.fail(error)
        for feed in self._feeds.values():
            feed.fail(error)


def _not_begun(run_id: str, seconds: float) -> RequestError:
    sentence = (
        f"Run {run_id} is not known {seconds:g} s after its event; look at the state machine's executions, the event "
        "door's log, and whether the event lies in the rule's dead-letter queue."
    )
    return RequestError("UNKNOWN_RUN", sentence, run_id)


def _check_size(frame: Mapping[str, Any], run_id: str | None) -> None:
    try:
        size = len(json.dumps(frame, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        sentence = "The request holds half of a surrogate pair; send valid Unicode text."
        raise RequestError("INVALID_REQUEST", sentence, run_id) from None
    if size > _MAX_FRAME_BYTES:
        sentence = f"The request has {size} bytes; a frame takes {_MAX_FRAME_BYTES}: shorten the question."
        raise RequestError("INVALID_REQUEST", sentence, run_id)
