"""The streaming endpoint of a deployed system as its callers use it: HTTP requests, and server-sent events."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from contract.workspaces import SECRET_HEADER, WORKSPACE_HEADER
from tests.system.harness import FINAL_EVENTS, PATIENCE, Deployment


@dataclass(frozen=True, slots=True)
class SentEvent:
    """A server-sent event, and when it was read (`time.monotonic`)."""

    id: int
    type: str
    data: dict[str, Any]
    read_at: float


class Stream:
    """An open response. `comments` counts the comments that were read."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments = 0
        self.events: list[SentEvent] = []
        self._reading = self._read()

    @property
    def run_id(self) -> str:
        return str(self.response.headers["longrun-run-id"])

    @property
    def ids(self) -> list[int]:
        return [event.id for event in self.events]

    @property
    def text(self) -> str:
        return "".join(event.data["data"]["text"] for event in self.events if event.type == "TEXT")

    @property
    def has_end(self) -> bool:
        return any(event.type in FINAL_EVENTS for event in self.events)

    def _read(self) -> Iterator[SentEvent]:
        """The events, each when it arrives, to the end of the response."""
        message: dict[str, str] = {}
        for line in self.response.iter_lines():
            if line.startswith(":"):
                self.comments += 1
            elif line:
                name, _, value = line.partition(": ")
                message[name] = value
            else:
                if "data" in message:
                    event = SentEvent(
                        int(message["id"]), message["event"], json.loads(message["data"]), time.monotonic()
                    )
                    self.events.append(event)
                    yield event
                message = {}

    def until(self, kind: str) -> SentEvent:
        """The next event of that type; what follows it is not read."""
        for event in self._reading:
            if event.type == kind:
                return event
        raise AssertionError(f"the response has ended without {kind}: {[event.type for event in self.events]}")

    def rest(self) -> list[SentEvent]:
        """All that follow, to the end of the response."""
        return list(self._reading)


@dataclass(frozen=True, slots=True)
class Caller:
    """The demo workspace of the sandbox, or another caller."""

    base: str
    workspace: str
    agent: str
    secret: str

    @classmethod
    def of(cls, deployment: Deployment) -> "Caller":
        outputs = deployment.state.outputs
        base = str(deployment.state.stream_url)
        return cls(base, outputs["demo_workspace"], outputs["demo_agent"], outputs["demo_secret"])

    @property
    def url(self) -> str:
        return f"{self.base}api/streams/{self.workspace}/{self.agent}/{self.secret}"

    @contextmanager
    def start(self, question: str, **fields: Any) -> Iterator[Stream]:  # noqa: ANN401  any JSON
        with self._opened("POST", json={"question": question, **fields}) as stream:
            yield stream

    @contextmanager
    def resume(self, run_id: str, after: int) -> Iterator[Stream]:
        headers = {"last-event-id": str(after)}
        with self._opened("GET", params={"run_id": run_id}, headers=headers) as stream:
            yield stream

    def complete(self, stream: Stream) -> None:
        """Reads the rest of the run, with as many further responses as that takes: a slow machine reaches the bound of
        a response."""
        stream.rest()
        while not stream.has_end:
            with self.resume(stream.run_id, stream.ids[-1]) as further:
                stream.events += further.rest()

    def post(self, content: bytes, headers: dict[str, str]) -> httpx.Response:
        """A request to the stream that is expected to be rejected."""
        return httpx.post(self.url, content=content, headers=headers, trust_env=False, timeout=PATIENCE)

    def status(self, run_id: str) -> httpx.Response:
        return self._about_run("GET", run_id)

    def cancel(self, run_id: str) -> httpx.Response:
        return self._about_run("POST", f"{run_id}/cancel")

    def answer(self, run_id: str, **body: Any) -> httpx.Response:  # noqa: ANN401  any JSON
        return self._about_run("POST", f"{run_id}/answer", json=body)

    def _about_run(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  httpx's
        headers = {WORKSPACE_HEADER: self.workspace, SECRET_HEADER: self.secret}
        url = f"{self.base}api/runs/{path}"
        return httpx.request(method, url, headers=headers, trust_env=False, timeout=PATIENCE, **options)

    @contextmanager
    def _opened(self, method: str, **options: Any) -> Iterator[Stream]:  # noqa: ANN401  httpx's
        with httpx.stream(method, self.url, trust_env=False, timeout=PATIENCE, **options) as response:
            assert response.status_code == httpx.codes.OK, response.read()
            yield Stream(response)
