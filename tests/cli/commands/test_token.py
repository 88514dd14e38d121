"""`longrun token` against a stack's services at their wire: secret, and the gateway that revokes."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from cli.commands.token import token
from cli.errors import CliError
from cli.options import TargetOptions
from sandbox.state import SandboxState, StateFolder
from tests.client.aws import Aws, serving

SECRET = "longrun/local/token-signing-key"
KEY = "k" * 64


@dataclass
class Services(Aws):
    """Secrets Manager with one secret, None without a value, and a gateway that closes `closed` connections."""

    key: str | None = KEY
    closed: int = 2
    fails: bool = False
    revoked: list[dict[str, Any]] = field(default_factory=list)

    def post(self, body: bytes, target: str) -> tuple[int, str, bytes]:
        asked = json.loads(body)
        if "revoke" in asked:
            self.revoked.append(asked["revoke"])
            return 200, "application/json", json.dumps({} if self.fails else {"closed": self.closed}).encode()
        assert asked["SecretId"] == SECRET
        if target == "secretsmanager.PutSecretValue":
            self.key = asked["SecretString"]
        elif self.key is None:
            missing = {"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find the value"}
            return 400, "application/x-amz-json-1.1", json.dumps(missing).encode()
        return 200, "application/x-amz-json-1.1", json.dumps({"SecretString": self.key, "Name": SECRET}).encode()


@pytest.fixture
def services() -> Iterator[Services]:
    with serving(Services()) as running:
        assert isinstance(running, Services)
        yield running


@pytest.fixture
def outputs() -> dict[str, Any]:
    return {
        "authorization": "JWT",
        "token_issuer": "longrun",
        "token_audience": "longrun/local",
        "token_max_seconds": 86_400,
        "signing_secret": SECRET,
        "gateway_function": "gateway",
    }


@pytest.fixture
def target(services: Services, outputs: dict[str, Any], tmp_path: Path) -> Iterator[TargetOptions]:
    folder = StateFolder(tmp_path / "sandbox")
    with folder.acquire():
        folder.write(
            SandboxState(
                running=True,
                endpoint=services.url,
                sidecar_url=services.url,
                region="us-east-1",
                pids={},
                started_at="2025-11-21T09:00:00+00:00",
                websocket_url="ws://127.0.0.1:1",
                outputs=outputs,
                access_key_id="LONGRUN234567ABCDEFG",
                secret_access_key="of-a-test",
            )
        )
        yield TargetOptions(state=folder.path, user="alice")


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_a_token_is_signed_with_the_stacks_key_for_its_audience(
    target: TargetOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    token("issue", "90m", target=target, as_json=True)

    made = document(capsys)
    claims = jwt.decode(made["token"], KEY, ["HS256"], audience="longrun/local", issuer="longrun")
    assert (claims["sub"], claims["jti"]) == ("alice", made["token_id"])
    assert claims["exp"] - claims["iat"] == 5_400
    assert abs(claims["iat"] - time.time()) < 60
    assert made["owner"] == "token:longrun:alice"
    assert KEY not in str(made)


def test_stdout_has_the_token_and_nothing_else(target: TargetOptions, capsys: pytest.CaptureFixture[str]) -> None:
    token("issue", target=target)

    written = capsys.readouterr()
    (line,) = written.out.splitlines()
    assert jwt.decode(line, KEY, ["HS256"], audience="longrun/local")["sub"] == "alice"
    assert written.err == ""


@pytest.mark.parametrize("key", [None, ""])
def test_a_sandbox_gets_a_key_with_its_first_token(
    target: TargetOptions, services: Services, key: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    services.key = key

    token("issue", target=target)

    assert services.key
    assert len(services.key) == 64
    assert jwt.decode(capsys.readouterr().out.strip(), services.key, ["HS256"], audience="longrun/local")


def test_a_new_key_is_stored_and_never_shown(
    target: TargetOptions, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    token("key", target=target)

    written = capsys.readouterr().out
    assert services.key != KEY
    assert SECRET in written
    assert str(services.key) not in written


@pytest.mark.parametrize(
    ("user", "expires", "message"),
    [
        (None, "1h", "the token is for nobody; name the caller with --user NAME"),
        ("a b", "1h", "--user is 'a b'; use 1 to 256 letters"),
        ("x" * 300, "1h", "--user is 'xxx"),
        ("alice", "", "write it as 45m, 8h or 7d"),
        ("alice", "0", "write it as 45m, 8h or 7d"),
        ("alice", "-1h", "write it as 45m, 8h or 7d"),
        ("alice", "2d", "accepts tokens of up to 86400 s"),
    ],
)
def test_a_token_that_cannot_be_made_is_refused_with_what_to_do(
    target: TargetOptions, user: str | None, expires: str, message: str
) -> None:
    with pytest.raises(CliError) as refused:
        token("issue", expires, target=TargetOptions(state=target.state, user=user))

    assert refused.value.code == "USAGE"
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"authorization": "NONE"}, "USAGE", "identifies callers by NONE, not by tokens; deploy it with"),
        ({"token_issuer": "https://id.example.com"}, "USAGE", "come from https://id.example.com; get one there"),
        ({"signing_secret": None}, "STACK_UNREADABLE", "has no output 'signing_secret', so it makes no tokens"),
    ],
)
def test_a_deployment_that_makes_no_tokens_is_named(
    target: TargetOptions, outputs: dict[str, Any], changed: dict[str, Any], code: str, message: str
) -> None:
    folder = StateFolder(Path(str(target.state)))
    state = folder.read()
    assert state is not None
    folder.write(replace(state, outputs=outputs | changed))

    with pytest.raises(CliError) as refused:
        token("issue", target=target)

    assert refused.value.code == code
    assert message in str(refused.value)


def test_a_key_that_can_be_guessed_signs_nothing(target: TargetOptions, services: Services) -> None:
    services.key = "short"

    with pytest.raises(CliError, match="shorter than 32 bytes; make a key with 'longrun token key'"):
        token("issue", target=target)


def test_a_token_is_revoked_by_its_owner_and_id(
    target: TargetOptions, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    token("issue", target=target, as_json=True)
    made = document(capsys)

    token("revoke", target=TargetOptions(state=target.state, token=made["token"]), as_json=True)

    assert services.revoked == [{"owner": "token:longrun:alice", "token_id": made["token_id"]}]
    assert document(capsys) == {"owner": "token:longrun:alice", "token_id": made["token_id"], "closed": 2}


def test_all_tokens_of_a_user_or_one_by_its_id_are_revoked(target: TargetOptions, services: Services) -> None:
    token("revoke", every=True, target=target)
    token("revoke", token_id="t-1", target=target)

    assert services.revoked == [{"owner": "token:longrun:alice"}, {"owner": "token:longrun:alice", "token_id": "t-1"}]


@pytest.mark.parametrize(
    ("options", "arguments", "message"),
    [
        ({"user": "alice"}, {}, "name one thing to revoke"),
        ({"user": "alice"}, {"token_id": "t-1", "every": True}, "name one thing to revoke"),
        ({}, {"every": True}, "the token is for nobody"),
        ({"token": "a.b"}, {}, "this is no token: three parts"),
        ({"token": "a.W10.c"}, {}, "its claims are no JSON object"),
    ],
)
def test_a_revocation_that_names_nothing_or_too_much_is_refused(
    target: TargetOptions, services: Services, options: dict[str, str], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(CliError, match=message):
        token("revoke", **arguments, target=TargetOptions(state=target.state, **options))

    assert services.revoked == []


def test_a_gateway_that_could_not_revoke_is_an_error(target: TargetOptions, services: Services) -> None:
    services.fails = True

    with pytest.raises(CliError, match="could not revoke the token; see its log with 'longrun logs gateway'"):
        token("revoke", every=True, target=target)


def test_an_unknown_action_names_the_known_ones(target: TargetOptions) -> None:
    with pytest.raises(CliError, match="the action is 'renew'; it can be issue, revoke, key"):
        token("renew", target=target)
