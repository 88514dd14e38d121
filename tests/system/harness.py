"""A sandbox with the program deployed, used by its public interfaces: the WebSocket and the sidecar's routes."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from contract.sandbox_access import HEADER
from sandbox.lifecycle.commands import UpOptions, down, up
from sandbox.state import SandboxState

PATIENCE = 30.0
FINAL_EVENTS = {"RUN_SUCCEEDED", "RUN_FAILED", "RUN_CANCELLED", "RUN_TIMED_OUT"}
LONG_QUESTION = "Tell me about the data set at length."
EFFECT_QUESTION = "What was the average effect of the training programme on 1978 earnings?"

Frame = dict[str, Any]


class RawSocket:
    """One raw socket to the deployment: what any client in any language could send and see."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, **frame: Any) -> None:  # noqa: ANN401  any JSON
        self.socket.send(json.dumps(frame))

    def receive(self) -> Frame:
        frame: Frame = json.loads(self.socket.recv(timeout=PATIENCE))
        return frame

    def until(self, wanted: Callable[[Frame], bool]) -> list[Frame]:
        """All frames up to the first that is wanted, which is the last of the list."""
        frames = [self.receive()]
        while not wanted(frames[-1]):
            frames.append(self.receive())
        return frames

    def until_end(self) -> list[Frame]:
        return self.until(lambda frame: frame["type"] == "event" and frame["event"]["type"] in FINAL_EVENTS)

    def ask(self, **frame: Any) -> Frame:  # noqa: ANN401  any JSON
        """The answer to one frame: an ack, an error, a pong or a list."""
        self.send(**frame)
        return self.until(lambda answer: answer["type"] != "event")[-1]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running sandbox. `user` names whose runs they are."""

    state: SandboxState
    folder: Path

    @contextmanager
    def ws(self, user: str = "anonymous") -> Iterator[RawSocket]:
        with connect(f"{self.state.connect_url}?user={user}", open_timeout=PATIENCE, max_size=32_768) as socket:
            yield RawSocket(socket)

    def model(self, **settings: Any) -> None:  # noqa: ANN401  any JSON
        self.sidecar("POST", "/_longrun/model", settings)

    def fault(self, name: str, **settings: Any) -> None:  # noqa: ANN401  any JSON
        self.sidecar("POST", "/_longrun/faults", {"name": name, **settings})

    def sidecar(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  JSON
        """What one of the sidecar's own routes answers."""
        headers = {HEADER: self.state.secret_access_key}
        answer = httpx.request(method, self.state.sidecar_url + path, json=body, headers=headers)
        return answer.raise_for_status().json()

    def async_sidecar(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.state.sidecar_url, headers={HEADER: self.state.secret_access_key})

    def client(self, service: str, endpoint: str | None = None) -> Any:  # noqa: ANN401  a boto3 client
        return boto3.client(
            service,
            endpoint_url=endpoint or self.state.endpoint,
            region_name=self.state.region,
            aws_access_key_id=self.state.access_key_id,
            aws_secret_access_key=self.state.secret_access_key,
        )

    def journal(self, run_id: str) -> list[tuple[int, str]]:
        """Number and type of every event in the table itself."""
        return [(int(item["seq"]["N"]), item["type"]["S"]) for item in self.items(run_id)]

    def text(self, run_id: str) -> str:
        """The agent's text as the table holds it."""
        texts = [json.loads(item["data"]["S"]) for item in self.items(run_id) if item["type"]["S"] == "TEXT"]
        return "".join(data["text"] for data in texts)

    def items(self, run_id: str) -> list[Any]:
        """The run's events as the table holds them."""
        pages = (
            self.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.state.outputs["table_name"],
                KeyConditionExpression="pk = :run AND begins_with(sk, :event)",
                ExpressionAttributeValues={":run": {"S": f"RUN#{run_id}"}, ":event": {"S": "EVENT#"}},
            )
        )
        return [item for page in pages for item in page["Items"]]

    def head(self, run_id: str) -> Any:  # noqa: ANN401  an item as boto3 has it
        """The run's head as the table holds it, None before it is known."""
        return (
            self.client("dynamodb")
            .get_item(
                TableName=self.state.outputs["table_name"], Key={"pk": {"S": f"RUN#{run_id}"}, "sk": {"S": "HEAD"}}
            )
            .get("Item")
        )

    def status(self, run_id: str) -> str:
        return str(self.head(run_id)["status"]["S"])


def events_of(frames: list[Frame]) -> list[Frame]:
    return [frame["event"] for frame in frames if frame["type"] == "event"]


def text_of(frames: list[Frame]) -> str:
    return "".join(event["data"]["text"] for event in events_of(frames) if event["type"] == "TEXT")


def wait_for(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Polls a condition that no event announces."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {patience:.0f} s in vain for {what}")
        time.sleep(0.05)


@contextmanager
def deployed(folder: Path, config: Mapping[str, str] | None = None, **options: Any) -> Iterator[Deployment]:  # noqa: ANN401  fields of UpOptions
    state = up(UpOptions(state_dir=folder, port=0, config=config or {}, **options), lambda _: None)
    try:
        yield Deployment(state, folder)
    finally:
        down(folder)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
