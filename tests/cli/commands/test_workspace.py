"""`longrun workspace` against a stack's gateway at its wire."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cli.commands.workspace import workspace
from cli.errors import CliError
from cli.options import TargetOptions
from sandbox.state import SandboxState, StateFolder
from tests.client.aws import Aws, serving

SECRET = "a-secret-of-43-characters"
ACME = {"workspace_id": "acme", "agent": "data_analyst"}
ENTRY = {**ACME, "created_at": "2026-01-01T00:00:00.000Z", "changed_at": "2026-01-02T00:00:00.000Z"}


@dataclass
class Gateway(Aws):
    """Answers with `reply`, and notes what was asked."""

    reply: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def post(self, body: bytes, target: str) -> tuple[int, str, bytes]:
        assert not target
        self.asked.append(json.loads(body)["workspace"])
        return 200, "application/json", json.dumps(self.reply).encode()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serving(Gateway()) as running:
        assert isinstance(running, Gateway)
        yield running


@pytest.fixture
def state(gateway: Gateway, tmp_path: Path) -> Iterator[SandboxState]:
    folder = StateFolder(tmp_path / "sandbox")
    found = SandboxState(
        running=True,
        endpoint=gateway.url,
        sidecar_url=gateway.url,
        region="us-east-1",
        pids={},
        started_at="2025-11-21T09:00:00+00:00",
        websocket_url="ws://127.0.0.1:1",
        outputs={"gateway_function": "gateway", "stream_url": "http://127.0.0.1:1/"},
        access_key_id="LONGRUN234567ABCDEFG",
        secret_access_key="of-a-test",
    )
    with folder.acquire():
        folder.write(found)
        yield found


@pytest.fixture
def target(state: SandboxState, tmp_path: Path) -> TargetOptions:
    assert state.running
    return TargetOptions(state=tmp_path / "sandbox")


@pytest.mark.parametrize("action", ["create", "rotate"])
def test_a_secret_is_shown_exactly_once(
    target: TargetOptions, gateway: Gateway, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    gateway.reply = {**ACME, "secret": SECRET}

    workspace(action, "acme", "data_analyst", target=target)

    written = capsys.readouterr()
    assert gateway.asked == [{"action": action, **ACME}]
    assert (written.out + written.err).count(SECRET) == 1
    assert written.out.splitlines()[-1] == SECRET


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        (("create", "acme", "data_analyst"), {**ACME, "secret": SECRET}),
        (("remove", "acme", "data_analyst"), ACME),
        (("list",), {"workspaces": [ENTRY]}),
    ],
    ids=["create", "remove", "list"],
)
def test_json_is_what_the_gateway_replied(
    target: TargetOptions,
    gateway: Gateway,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    reply: dict[str, Any],
) -> None:
    gateway.reply = reply

    workspace(*words, target=target, as_json=True)

    assert json.loads(capsys.readouterr().out) == reply


def test_the_list_is_a_table_of_workspaces(
    target: TargetOptions, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.reply = {"workspaces": [ENTRY]}

    workspace("list", target=target)

    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["workspace", "agent", "created", "secret", "made"]
    assert row.split() == ["acme", "data_analyst", ENTRY["created_at"], ENTRY["changed_at"]]


def test_an_empty_list_says_how_to_make_a_workspace(
    target: TargetOptions, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.reply = {"workspaces": []}

    workspace("list", target=target)

    assert "longrun workspace create" in capsys.readouterr().out


def test_a_removed_workspace_keeps_its_runs(
    target: TargetOptions, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.reply = ACME

    workspace("remove", "acme", "data_analyst", target=target)

    assert "its runs stay" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("drop", "acme", "a"), "it can be create, rotate, remove, list"),
        (("create", "acme"), "longrun workspace create WORKSPACE AGENT"),
        (("rotate",), "longrun workspace rotate WORKSPACE AGENT"),
        (("list", "acme"), "omit the name"),
    ],
    ids=["action", "no agent", "no workspace", "name for list"],
)
def test_a_command_that_cannot_be_meant_asks_for_nothing(
    target: TargetOptions, gateway: Gateway, words: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(CliError, match=reason) as caught:
        workspace(*words, target=target)

    assert (caught.value.code, gateway.asked) == ("USAGE", [])


def test_what_the_gateway_rejects_is_an_error_with_its_code(target: TargetOptions, gateway: Gateway) -> None:
    gateway.reply = {"error": "Workspace acme may ask agent a already.", "code": "CONFLICT"}

    with pytest.raises(CliError, match="already") as caught:
        workspace("create", "acme", "a", target=target)

    assert caught.value.code == "CONFLICT"


def test_a_gateway_of_an_earlier_version_is_an_error_that_says_so(target: TargetOptions, gateway: Gateway) -> None:
    gateway.reply = {"statusCode": 500}

    with pytest.raises(CliError, match="deploy this version") as caught:
        workspace("rotate", "acme", "a", target=target)

    assert caught.value.code == "INTERNAL"


def test_a_stack_without_the_endpoint_gets_no_workspace(
    state: SandboxState, target: TargetOptions, gateway: Gateway
) -> None:
    assert target.state is not None
    StateFolder(target.state).write(replace(state, outputs={"gateway_function": "gateway"}))

    with pytest.raises(CliError, match="streamImage") as caught:
        workspace("create", "acme", "a", target=target)

    assert (caught.value.code, gateway.asked) == ("USAGE", [])


def test_an_address_alone_is_not_enough() -> None:
    with pytest.raises(CliError, match="give --stack NAME"):
        workspace("list", target=TargetOptions(url="ws://127.0.0.1:1"))
