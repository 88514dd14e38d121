import dataclasses
import os
import stat
from pathlib import Path

import pytest

from cli.deployment.deployment import Deployment
from cli.deployment.targets import find_deployment
from cli.errors import CliError
from cli.options import TargetOptions
from sandbox.access.keys import Keys
from sandbox.state import SandboxState, StateFolder

AWS_URL = "wss://abc123.execute-api.eu-west-1.amazonaws.com/live"
KEYS = Keys.create()
LOCAL_URL = "ws://127.0.0.1:4600/_aws/execute-api/abc/live"


def refused(options: TargetOptions) -> CliError:
    with pytest.raises(CliError) as caught:
        find_deployment(options)
    return caught.value


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` on the PATH that does what the test writes into it."""
    command = tmp_path / "bin" / "pulumi"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    return command


def state(running: bool = True, websocket_url: str | None = LOCAL_URL, error: str | None = None) -> SandboxState:
    return SandboxState(
        running=running,
        endpoint="http://127.0.0.1:4600",
        sidecar_url="http://127.0.0.1:4601",
        region="us-east-1",
        pids={},
        started_at="2025-11-21T09:00:00+00:00",
        websocket_url=websocket_url,
        outputs={"authorization": "NONE", "worker_log_group": "/aws/lambda/worker"} if websocket_url else {},
        error=error,
        access_key_id=KEYS.key_id,
        secret_access_key=KEYS.secret,
    )


def test_an_aws_address_is_signed_for_the_region_it_names() -> None:
    found = find_deployment(TargetOptions(url=AWS_URL))
    assert (found.websocket_url, found.authorization, found.region) == (AWS_URL, "AWS_IAM", "eu-west-1")


def test_another_address_is_not_signed_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert find_deployment(TargetOptions(url="wss://agents.example.com")).authorization == "NONE"
    signed = TargetOptions(url="wss://agents.example.com", authorization="AWS_IAM")
    assert "--region" in refused(signed).message
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert find_deployment(signed).region == "eu-north-1"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (TargetOptions(url="https://x.example.com"), "wss://"),
        (TargetOptions(url="wss://"), "wss://"),
        (TargetOptions(url=AWS_URL, stack="dev"), "--stack"),
        (TargetOptions(url=AWS_URL, authorization="aws_iam"), "AWS_IAM, JWT or NONE"),
    ],
)
def test_contradictory_or_malformed_options_are_usage_errors(options: TargetOptions, named: str) -> None:
    error = refused(options)
    assert error.code == "USAGE"
    assert named in error.message


def test_a_stack_gives_its_address_authorization_and_region(pulumi: Path) -> None:
    pulumi.write_text(
        f'#!/bin/sh\n[ "$*" = "stack output --json --non-interactive --stack dev" ] || exit 9\n'
        f'echo \'{{"websocket_url": "{AWS_URL}", "authorization": "AWS_IAM", "region": "eu-west-1"}}\'\n'
    )
    found = find_deployment(TargetOptions(stack="dev"))
    assert (found.websocket_url, found.authorization, found.region) == (AWS_URL, "AWS_IAM", "eu-west-1")
    assert found.endpoint is None


def test_a_local_stack_is_reached_through_the_emulator(pulumi: Path, tmp_path: Path) -> None:
    pulumi.write_text(f'#!/bin/sh\necho \'{{"websocket_url": "{LOCAL_URL}", "authorization": "NONE"}}\'\n')
    found = find_deployment(TargetOptions(stack="local", state=tmp_path / "none"))
    assert (found.endpoint, found.authorization, found.region) == ("http://127.0.0.1:4600", "NONE", "us-east-1")


@pytest.mark.parametrize(
    ("endpoint", "sidecar"), [("http://127.0.0.1:4600", "http://127.0.0.1:4601"), ("http://127.0.0.1:4700", None)]
)
def test_a_local_stack_has_the_sidecar_of_the_sandbox_it_lives_in(
    pulumi: Path, tmp_path: Path, endpoint: str, sidecar: str | None
) -> None:
    pulumi.write_text(f'#!/bin/sh\necho \'{{"websocket_url": "{LOCAL_URL}", "authorization": "NONE"}}\'\n')
    folder = StateFolder(tmp_path / "state")
    with folder.acquire():
        folder.write(dataclasses.replace(state(), endpoint=endpoint))
        assert find_deployment(TargetOptions(stack="local", state=folder.path)).sidecar_url == sidecar


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo \"error: no stack named 'dev' found\" >&2; exit 1", "no stack named 'dev' found"),
        ("echo '{}'", "pulumi up --stack dev"),
        ("echo 'Logging in...'", "did not write a JSON object"),
        ("exit 255", "exit code 255"),
    ],
)
def test_an_unreadable_stack_shows_why(pulumi: Path, script: str, said: str) -> None:
    pulumi.write_text(f"#!/bin/sh\n{script}\n")
    error = refused(TargetOptions(stack="dev"))
    assert error.code == "STACK_UNREADABLE"
    assert said in error.message


def test_without_the_pulumi_command_a_stack_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(TargetOptions(stack="dev"))
    assert error.code == "NO_PULUMI"
    assert "--url" in error.message


def test_without_options_the_sandbox_is_meant(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    with folder.acquire():
        folder.write(state())
        found = find_deployment(TargetOptions(state=tmp_path))
    assert found == Deployment(
        name=f"the sandbox in {tmp_path}",
        websocket_url=LOCAL_URL,
        authorization="NONE",
        region="us-east-1",
        endpoint="http://127.0.0.1:4600",
        sidecar_url="http://127.0.0.1:4601",
        outputs=found.outputs,
        keys=KEYS,
    )
    assert found.connect_url == f"ws://127.0.0.1:4600/_key/{KEYS.secret}/_aws/execute-api/abc/live"
    assert found.outputs["worker_log_group"] == "/aws/lambda/worker"


def test_no_sandbox_shows_how_to_start_one(tmp_path: Path) -> None:
    error = refused(TargetOptions(state=tmp_path))
    assert (error.code, error.message) == (
        "NO_SANDBOX",
        f"no sandbox is running in {tmp_path}; start one with 'longrun up --state {tmp_path}'",
    )


def test_a_dead_sandbox_shows_what_ended_it(tmp_path: Path) -> None:
    StateFolder(tmp_path).write(state(running=False, error="the emulator ended unexpectedly (signal 9)"))
    error = refused(TargetOptions(state=tmp_path))
    assert error.code == "EMULATOR_DEAD"
    assert "signal 9" in error.message


def test_an_empty_sandbox_shows_how_to_deploy_to_it(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    with folder.acquire():
        folder.write(state(websocket_url=None))
        error = refused(TargetOptions(state=tmp_path))
    assert error.code == "NO_DEPLOYMENT"
    assert "--stack local" in error.message


def test_the_secret_in_an_address_is_neither_shown_nor_left_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hidden: list[str] = []
    monkeypatch.setattr("cli.deployment.targets.hide_argument", hidden.append)
    url = "//127.0.0.1:4600/_key/Aa9_-Bb8/_aws/execute-api/abc/live"
    error = refused(TargetOptions(url=f"http:{url}", state=tmp_path))

    assert "Aa9" not in error.message
    assert find_deployment(TargetOptions(url=f"ws:{url}", state=tmp_path)).connect_url == f"ws:{url}"
    assert hidden == [f"http:{url}", f"ws:{url}"]
