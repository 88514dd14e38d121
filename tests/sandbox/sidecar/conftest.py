"""The sidecar under uvicorn on a free port, and the real clients that talk to it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, cast

import boto3
import httpx
import pytest
import uvicorn
from botocore.config import Config
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
from starlette.applications import Starlette
from strands import Agent
from strands.models import BedrockModel

from sandbox.sidecar.settings import SidecarSettings
from sandbox.supervisor.sidecar_app import create_app
from tests.sandbox.sidecar.stage import Stage
from tools.data_bucket.files import DataFile, DataFiles
from tools.sql.tools import DataSource, SqlTools

MODEL_ID = "us.anthropic.claude-sonnet-4-6"
DATA = Path(__file__).resolve().parents[3] / "data"


@pytest.fixture
def serve() -> Iterator[Callable[[Starlette], str]]:
    """Serves an application until the test ends; gives its URL."""
    with ExitStack() as running:
        yield lambda app: running.enter_context(_served(app))


@pytest.fixture
def stage(tmp_path: Path, serve: Callable[[Starlette], str]) -> Iterator[Stage]:
    """AgentCore's data plane over artifacts that the test writes, with a control plane and logs in memory."""
    with ExitStack() as opened:
        yield Stage(tmp_path, serve, opened)


@pytest.fixture
def sidecar(serve: Callable[[Starlette], str]) -> Callable[..., str]:
    """Starts a sidecar with the given settings, by default without any pause; gives its URL."""

    def start(**settings: Any) -> str:  # noqa: ANN401  (as SidecarSettings has them)
        return serve(create_app(SidecarSettings(**{"token_ms": 0, "first_token_ms": 0} | settings)))

    return start


@pytest.fixture
def bedrock() -> Iterator[Callable[[str], BedrockRuntimeClient]]:
    """Makes a real boto3 client of a sidecar; it tries once and sends even what it knows to be wrong."""
    with ExitStack() as opened:

        def connect(url: str) -> BedrockRuntimeClient:
            config = Config(retries={"total_max_attempts": 1}, parameter_validation=False, max_pool_connections=60)
            client = _session().client("bedrock-runtime", endpoint_url=url, config=config)
            opened.callback(client.close)
            return cast(BedrockRuntimeClient, client)

        yield connect


@pytest.fixture(scope="session")
def source() -> DataSource:
    return DataSource(ProjectData())


@pytest.fixture
def analyst(source: DataSource) -> Iterator[Callable[..., Agent]]:
    """Makes a real Strands agent with the data analyst's tools over the project's tables (or other tools)."""
    with ExitStack() as opened:

        def make(url: str, tools: list[Any] | None = None) -> Agent:
            model = BedrockModel(boto_session=_session(), model_id=MODEL_ID, endpoint_url=url)
            opened.callback(model.client.close)
            sql = SqlTools(source)
            offered = [sql.list_tables, sql.describe_table, sql.run_sql] if tools is None else tools
            return Agent(model=model, tools=offered, callback_handler=None)

        yield make


@pytest.fixture
def counts() -> Callable[[str], dict[str, int]]:
    def read(url: str) -> dict[str, int]:
        return dict(httpx.get(f"{url}/_longrun/requests").json())

    return read


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits for a condition, ten seconds at most."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = monotonic() + 10
        while not condition():
            assert monotonic() < deadline, "the condition did not come about within 10 s"
            Event().wait(0.01)

    return wait


class ProjectData(DataFiles):
    """The project's own data files in place of a bucket's."""

    def __init__(self) -> None:
        """Needs no client."""

    def list_files(self) -> tuple[DataFile, ...]:
        return tuple(DataFile(file.name, "unchanged") for file in sorted(DATA.iterdir()))

    def path(self, file: DataFile) -> Path:
        return DATA / file.key


def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


@contextmanager
def _served(app: Starlette) -> Iterator[str]:
    with socket.socket() as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio leaves it to who made the socket
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=2))
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            _await_start(server, thread)
            yield url
        finally:
            server.should_exit = True
            thread.join()


def _await_start(server: uvicorn.Server, thread: Thread) -> None:
    while not server.started:
        assert thread.is_alive(), "the server ended before it had started"
        thread.join(0.005)
