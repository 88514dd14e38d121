import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from runtime.http.streaming.main import address
from tests.runtime.http.streaming.test_environment import VARIABLES

ROOT = Path(__file__).parents[4]
AWS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ("127.0.0.1", 8080)),
        ({"PORT": "9000"}, ("127.0.0.1", 9000)),
        ({"PORT": "9000", "AWS_LWA_PORT": "9001"}, ("127.0.0.1", 9001)),
        ({"AWS_LWA_HOST": "0.0.0.0"}, ("0.0.0.0", 8080)),  # noqa: S104  as a container without the adapter has it
    ],
)
def test_the_endpoint_listens_where_the_adapter_looks_for_it(
    variables: dict[str, str], expected: tuple[str, int]
) -> None:
    assert address(variables) == expected


def start(variables: dict[str, str]) -> "subprocess.Popen[str]":
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-m", "runtime.http.streaming.main"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=-1, stderr=-1)  # noqa: S603  ours


def test_the_module_serves_until_it_is_ended_and_logs_nothing_by_itself() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start({**VARIABLES, **AWS, "PORT": str(port)})
    try:
        assert health(process, f"http://127.0.0.1:{port}") == 200
    finally:
        process.terminate()
        output, errors = process.communicate(timeout=30)
    assert (output, errors) == ("", "")


def health(process: "subprocess.Popen[str]", url: str) -> int:
    """The status, once the server is up."""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            return httpx.get(f"{url}/healthz").status_code
        except httpx.TransportError:
            time.sleep(0.02)
    pytest.fail(f"the endpoint did not start: {process.communicate(timeout=10)}")


def test_a_process_that_only_streams_does_not_load_the_agents() -> None:
    agents = "{'strands', 'pydantic', 'boto3'}"
    code = f"import sys, runtime.http.streaming.main as _; print({agents} & sys.modules.keys())"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)  # noqa: S603  ours

    assert done.stdout == b"set()\n"


def test_a_variable_that_was_not_set_ends_the_module_with_a_line_that_names_it() -> None:
    process = start({name: value for name, value in (VARIABLES | AWS).items() if name != "LONGRUN_TABLE"})

    output, errors = process.communicate(timeout=60)

    line = json.loads(output)
    assert (process.returncode, line["event"], errors) == (1, "http.not_started", "")
    assert "LONGRUN_TABLE" in line["traceback"]
