"""Fork servers in a sandbox: started while it is deployed, and gone with it, whatever ends it."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.state import SandboxState
from sandbox.supervisor.emulator import FUNCTION_HOME
from tests.sandbox.harness import is_alive, processes_of, running, wait_until, write_program

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform != "linux", reason="functions are forked on Linux only"),
]

PROGRAM = """
made = aws.lambda_.Function(
    "forked", role=role("forked-role").arn, code=pulumi.FileArchive({archive!r}), handler="app.handler",
    runtime=RUNTIME, architectures=[MACHINE], timeout=10, environment={{"variables": {{"WORD": "given"}}}})
pulumi.export("name", made.name)
"""

CODE = """
import os
WORD = os.environ["WORD"]
def handler(event, context):
    if event.get("exit"):
        os._exit(7)
    if path := event.get("write"):
        open(os.path.expanduser(path), "w").close()
    return {"pid": os.getpid(), "parent": os.getppid(), "word": WORD}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A program with one function whose package lies unpacked beside its zip."""
    package = tmp_path / "package"
    (package / "tree").mkdir(parents=True)
    (package / "tree" / "app.py").write_text(CODE)
    (package / "package.zip").touch()
    return write_program(tmp_path / "program", PROGRAM.format(archive=str(package / "package.zip")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def state(folder: Path, root: Path) -> Iterator[SandboxState]:
    with running(folder, root=root) as running_state:
        yield running_state


def invoke(state: SandboxState, event: object) -> Any:  # noqa: ANN401  whatever the handler returns
    client = boto3.client(
        "lambda",
        endpoint_url=state.endpoint,
        region_name=state.region,
        aws_access_key_id=state.access_key_id,
        aws_secret_access_key=state.secret_access_key,
        config=Config(proxies={}),
    )
    response = client.invoke(FunctionName=state.outputs["name"], Payload=json.dumps(event))
    return json.loads(response["Payload"].read())


def test_a_function_whose_package_lies_unpacked_is_forked_by_a_child_of_the_supervisor(state: SandboxState) -> None:
    answer = invoke(state, {})

    parent = Path(f"/proc/{answer['parent']}/stat").read_text().rpartition(")")[2].split()[1]
    assert int(parent) == state.pids["supervisor"]
    assert answer["word"] == "given"


def test_a_forked_process_that_ends_in_a_call_is_reported_as_on_lambda_and_followed_by_another(
    state: SandboxState,
) -> None:
    before = invoke(state, {})

    error = invoke(state, {"exit": True})

    after = invoke(state, {})
    assert error["errorType"] == "Runtime.ExitError"
    assert (after["parent"], after["pid"] != before["pid"]) == (before["parent"], True)


def test_a_forked_process_cannot_write_where_lambda_cannot_and_the_package_stays_as_it_was(
    state: SandboxState, tmp_path: Path
) -> None:
    errors = [invoke(state, {"write": path}) for path in ("cache.json", str(tmp_path / "package/tree/app.py"), "~")]
    written = invoke(state, {"write": str(tmp_path / "allowed.txt")})

    assert {error["errorType"] for error in errors} == {"OSError"}
    assert f"'{FUNCTION_HOME}'" in errors[-1]["errorMessage"]
    assert (written["word"], (tmp_path / "allowed.txt").exists()) == ("given", True)
    tree = tmp_path / "package" / "tree"
    assert {path.name: path.read_text() for path in tree.iterdir()} == {"app.py": CODE}


@pytest.mark.parametrize("victims", [["supervisor"], ["emulator"], ["supervisor", "emulator"]])
def test_no_process_outlives_a_killed_sandbox(state: SandboxState, folder: Path, victims: list[str]) -> None:
    answer = invoke(state, {})
    members = processes_of(folder) | set(state.pids.values())
    assert {answer["pid"], answer["parent"]} < members
    # Supervisor, emulator, fork server, its child, and the child's stub.
    assert len(members) == 5

    for victim in victims:
        os.kill(state.pids[victim], signal.SIGKILL)

    wait_until(lambda: not any(is_alive(pid) for pid in members), "the end of all its processes")


def test_a_killed_fork_server_is_missed_by_nobody(state: SandboxState) -> None:
    before = invoke(state, {})

    os.kill(before["parent"], signal.SIGKILL)

    wait_until(lambda: not is_alive(before["pid"]), "the end of the child")
    wait_until(lambda: not Path(f"/proc/{before['parent']}").exists(), "the end of the fork server, as a zombie too")
    after = invoke(state, {})
    assert (after["word"], after["parent"]) == ("given", state.pids["emulator"])
