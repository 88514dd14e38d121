"""What a command says that stops following a run: that the run continues, or that it ended with its sandbox."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.deployment.deployment import Deployment
from cli.errors import CliError
from cli.options import TargetOptions
from cli.runs.follow import way_to_resume
from cli.runs.summary import Summary
from sandbox.state import SandboxState, StateFolder

RUN_ID = "01990000-0000-7000-8000-000000000001"
LOST = CliError("UNREACHABLE", "The socket was lost.")


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this machine on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """A port of this machine on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def sandbox_at(port: int) -> Deployment:
    address = f"127.0.0.1:{port}"
    return Deployment("the sandbox", f"ws://{address}/_aws/api", "NONE", "us-east-1", f"http://{address}")


def target(state: Path, **given: str) -> TargetOptions:
    return replace(TargetOptions(), state=state, **given)


def said(deployment: Deployment, options: TargetOptions, problem: BaseException = LOST) -> CliError:
    """The error of a command that followed an accepted run when the problem came."""
    summary = Summary(RUN_ID)
    summary.accepted("session-1")
    with pytest.raises(CliError) as caught, way_to_resume(summary, deployment, options):
        raise problem
    return caught.value


@pytest.mark.parametrize("problem", [LOST, KeyboardInterrupt()])
def test_a_run_ends_with_its_sandbox_whatever_ends_the_command(
    closed: int, tmp_path: Path, problem: BaseException
) -> None:
    message = said(sandbox_at(closed), target(tmp_path), problem).message

    assert "the local sandbox has ended, and its runs with it" in message
    assert f"'longrun up --state {tmp_path}'" in message
    assert "continues" not in message
    assert "longrun watch" not in message
    assert "is deployed" not in message


def test_the_reason_of_the_sandboxs_end_is_given_where_it_is_known(closed: int, tmp_path: Path) -> None:
    error = "the emulator ended by signal 9; see the log."
    StateFolder(tmp_path).write(
        SandboxState(False, f"http://127.0.0.1:{closed}", "", "us-east-1", {}, "2025-11-21T09:00:00+00:00", error=error)
    )

    message = said(sandbox_at(closed), target(tmp_path)).message

    assert f"the local sandbox has ended ({error[:-1]}), and its runs with it" in message


def test_how_to_start_again_is_said_once(closed: int, tmp_path: Path) -> None:
    error = "the sandbox's supervisor was ended from outside; start again with `longrun up`"
    StateFolder(tmp_path).write(
        SandboxState(False, f"http://127.0.0.1:{closed}", "", "us-east-1", {}, "2025-11-21T09:00:00+00:00", error=error)
    )

    assert said(sandbox_at(closed), target(tmp_path)).message.count("longrun up") == 1


def test_the_end_of_another_sandbox_in_the_folder_is_not_its_reason(
    closed: int, listening: int, tmp_path: Path
) -> None:
    other = f"http://127.0.0.1:{listening}"
    StateFolder(tmp_path).write(SandboxState(False, other, "", "us-east-1", {}, "2025-11-21T09:00:00+00:00", error="x"))

    assert "has ended, and its runs" in said(sandbox_at(closed), target(tmp_path)).message


def test_a_sandbox_of_a_stack_is_deployed_to_again(closed: int, tmp_path: Path) -> None:
    message = said(sandbox_at(closed), target(tmp_path, stack="local")).message

    assert f"'longrun up --empty --state {tmp_path}' and deploy with 'pulumi up --stack local'" in message


def test_a_sandbox_that_only_its_address_names_is_known_too(closed: int, tmp_path: Path) -> None:
    deployment = replace(sandbox_at(closed), endpoint=None)

    assert "the local sandbox has ended" in said(deployment, target(tmp_path, url=deployment.websocket_url)).message


def test_a_run_continues_in_a_sandbox_that_accepts_connections(listening: int, tmp_path: Path) -> None:
    error = said(sandbox_at(listening), target(tmp_path))

    assert error.code == "UNREACHABLE"
    assert "if the deployment is up the run continues" in error.message
    assert f"longrun watch {RUN_ID} --state {tmp_path} --after 0" in error.message


def test_a_run_continues_on_aws_when_the_network_is_gone(tmp_path: Path) -> None:
    deployment = Deployment("prod", "wss://abc.execute-api.us-east-1.amazonaws.com/live", "AWS_IAM", "us-east-1")

    assert "the run continues" in said(deployment, target(tmp_path, stack="prod")).message
    assert "the run continues" in said(deployment, target(tmp_path, stack="prod"), KeyboardInterrupt()).message


def test_a_run_that_was_not_accepted_is_not_said_to_have_ended(closed: int, tmp_path: Path) -> None:
    with (
        pytest.raises(CliError) as caught,
        way_to_resume(Summary(RUN_ID), sandbox_at(closed), target(tmp_path)),
    ):
        raise LOST

    assert caught.value is LOST
