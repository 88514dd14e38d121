"""DynamoDB Local: fetched once per version, started once per test process, stopped at its end or with it."""

import fcntl
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from contract.run_ids import new_run_id
from runtime.journal import Journal, NewRun

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]
POM = ROOT / "tests" / "dynamodb_local" / "pom.xml"
TABLE = "journal"
STARTS = 3
START_SECONDS = 60.0
FETCH_SECONDS = 300.0

# The shell becomes java, whose pid it keeps; what it leaves behind ends java when the test process is gone, killed too.
WITH_PARENT = 'exec 3<&0; (cat <&3 >/dev/null; kill $$ 2>/dev/null) & exec 3<&-; exec "$@" </dev/null'


class MemoryPayloads:
    """A payload store in memory: bytes by key, as the bucket keeps them."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self._bodies = bodies

    def put(self, key: str, body: bytes) -> None:
        self._bodies[key] = body

    def get(self, key: str) -> bytes:
        return self._bodies[key]


class Clock:
    """The present, moved by hand."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@pytest.fixture(scope="session")
def dynamodb_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    java = shutil.which("java")
    if java is None:
        pytest.skip("DynamoDB Local needs Java 17 or newer on the PATH")
    jars = _jars()
    with _running(java, jars, tmp_path_factory.mktemp("dynamodb-local") / "log") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def dynamodb(dynamodb_endpoint: str) -> Iterator["DynamoDBClient"]:
    """A client of DynamoDB Local with an empty journal table, one for all tests of the process."""
    client = new_client(dynamodb_endpoint)
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    )
    yield client
    client.close()


@pytest.fixture
def new_run() -> Callable[[], NewRun]:
    """Makes runs whose names no other has."""

    def make() -> NewRun:
        run_id = new_run_id()
        session, owner, deadline = f"session-{run_id}", f"owner-{run_id}", time.time() + 900
        return NewRun(run_id, session, owner, "data_analyst", "How many rows?", None, deadline)

    return make


@pytest.fixture
def payload_bodies() -> dict[str, bytes]:
    """What the journal's payload store holds."""
    return {}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def advance(clock: Clock) -> Callable[[float], None]:
    """Moves the journal's clock forward, in seconds."""
    return clock.advance


@pytest.fixture
def journal_over(payload_bodies: dict[str, bytes], clock: Clock) -> Callable[["DynamoDBClient"], Journal]:
    """Makes journals of one table, payload store and clock, over any client."""
    return lambda client: Journal(TABLE, client, MemoryPayloads(payload_bodies), 30, clock)


@pytest.fixture
def journal(dynamodb: "DynamoDBClient", journal_over: Callable[["DynamoDBClient"], Journal]) -> Journal:
    return journal_over(dynamodb)


@pytest.fixture
def unreliable(dynamodb_endpoint: str) -> Iterator["DynamoDBClient"]:
    """A client of its own, for tests that break its connections; botocore repeats a call twice, at once."""
    client = new_client(dynamodb_endpoint)
    yield client
    client.close()


def new_client(endpoint: str) -> "DynamoDBClient":
    config = Config(retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=32)
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )
    return client


def _jars() -> Path:
    """The folder with the jars; Maven fetches them, one test process at a time."""
    found = re.search(r"<dynamodb-local.version>([^<]+)<", POM.read_text())
    assert found is not None
    home = ROOT / ".longrun" / "dynamodb-local"
    jars = home / found[1]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.exists():
            _fetch(jars)
    return jars


def _fetch(jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip("DynamoDB Local needs Maven (mvn) on the PATH, to be fetched from Maven Central")
    partial = jars.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)  # noqa: S603  mvn
    if done.returncode != 0:
        pytest.skip(f"DynamoDB Local could not be fetched from Maven Central: {done.stdout.strip()[:300]}")
    partial.rename(jars)


@contextmanager
def _running(java: str, jars: Path, log: Path) -> Iterator[int]:
    for _ in range(STARTS):
        port = _free_port()
        process = _start(java, jars, port, log)
        try:
            if _answers(process, port):
                yield port
                return
        finally:
            _stop(process)
    pytest.fail(f"DynamoDB Local did not start:\n{log.read_text()[-2000:]}")


def _start(java: str, jars: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    server = ["software.amazon.dynamodb.services.local.main.ServerRunner", "-inMemory", "-disableTelemetry"]
    options = [f"-Djava.library.path={jars}", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", f"{jars}/*"]
    command = ["/bin/sh", "-c", WITH_PARENT, "sh", java, *options, *server, "-port", str(port)]
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603  java, found on the PATH
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(START_SECONDS)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the server came up; it ends by itself where somebody else took the port."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
