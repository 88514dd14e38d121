"""Callers with tokens, through the real socket: forms for browsers, other owners' runs, revocation, and the logs."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.system.harness import LONG_QUESTION, PATIENCE, Deployment, RawSocket, deployed, wait_for

pytestmark = pytest.mark.sandbox

KEY = "a key of a stack that only tests know"
MARK = "subject-of-a-token"
"""A part of every subject, so that of every token, in base64url too."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("tokens"), {"authorization": "JWT"}) as running:
        running.client("secretsmanager").put_secret_value(
            SecretId=running.state.outputs["signing_secret"], SecretString=KEY
        )
        running.model(token_ms=5, first_token_ms=5, faults=[])
        yield running


@pytest.fixture(scope="module")
def used() -> list[str]:
    """Every token that a test has sent."""
    return []


class Tokens:
    """Makes tokens of the deployment, and connects with them."""

    def __init__(self, deployment: Deployment, used: list[str]) -> None:
        self.deployment = deployment
        self.used = used

    def make(self, user: str, **changed: Any) -> str:  # noqa: ANN401  claims
        now = int(time.time())
        claims = {
            "iss": "longrun",
            "aud": self.deployment.state.outputs["token_audience"],
            "sub": f"{MARK}-{user}",
            "iat": now,
            "exp": now + 600,
            "jti": f"{user}-{len(self.used)}",
        }
        made = jwt.encode(claims | changed, KEY, "HS256")
        self.used.append(made)
        return made

    def connect(self, token: str = "", *, query: str = "", subprotocols: Any = None) -> Any:  # noqa: ANN401  a socket
        url = f"{self.deployment.state.connect_url}{query}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return connect(
            url, additional_headers=headers, subprotocols=subprotocols, open_timeout=PATIENCE, max_size=32_768
        )

    def status(self, *args: str, **kwargs: Any) -> int:  # noqa: ANN401  as of connect
        """The status with which the connection is refused."""
        with pytest.raises(InvalidStatus) as refused:
            self.connect(*args, **kwargs)
        return int(refused.value.response.status_code)


@pytest.fixture
def tokens(deployment: Deployment, used: list[str]) -> Tokens:
    return Tokens(deployment, used)


def test_a_browser_connects_by_a_subprotocol_or_by_the_query_and_a_program_by_a_header(tokens: Tokens) -> None:
    token = tokens.make("alice")

    with tokens.connect(subprotocols=["longrun", f"longrun.token.{token}"]) as socket:
        assert socket.subprotocol == "longrun"
        assert RawSocket(socket).ask(action="ping")["type"] == "pong"
    for given in ({"query": f"?token={token}"}, {"token": token}):
        with tokens.connect(**given) as socket:
            assert socket.subprotocol is None
            assert RawSocket(socket).ask(action="ping")["type"] == "pong"


def test_a_connection_without_a_valid_token_is_refused(tokens: Tokens) -> None:
    now = int(time.time())
    expired = tokens.make("alice", iat=now - 700, exp=now - 100)
    foreign = tokens.make("alice", aud="longrun/other")
    forged = tokens.make("alice").rpartition(".")[0] + ".c2lnbmF0dXJl"
    tokens.used.append(forged)

    assert {tokens.status(given) for given in (expired, foreign, forged)} == {403}
    assert tokens.status() == 403
    assert tokens.status(query="?user=alice") == 403
    assert tokens.status(subprotocols=["longrun", f"longrun.token.{forged}"]) == 403


def test_another_owners_run_can_be_neither_read_nor_resumed_nor_cancelled_nor_answered(
    tokens: Tokens,
) -> None:
    with tokens.connect(tokens.make("alice")) as own, tokens.connect(tokens.make("mallory")) as other:
        mine, foreign = RawSocket(own), RawSocket(other)
        mine.send(action="start", question=LONG_QUESTION)
        run_id = mine.receive()["run_id"]

        for frame in (
            {"action": "resume", "run_id": run_id, "after": 0},
            {"action": "cancel", "run_id": run_id},
            {"action": "answer", "run_id": run_id, "answer": "yes"},
            {"action": "start", "question": LONG_QUESTION, "run_id": run_id},
        ):
            answer = foreign.ask(**frame)
            assert (answer["type"], answer.get("code")) == ("error", "NOT_OWNER")
        assert foreign.ask(action="runs")["runs"] == []
        assert mine.ask(action="cancel", run_id=run_id)["type"] == "ack"

    with tokens.connect(query=f"?token={tokens.make('alice')}") as later:
        frames = RawSocket(later)
        assert frames.ask(action="resume", run_id=run_id, after=0)["type"] == "ack"
        frames.until_end()


def test_a_revoked_token_closes_its_connections_and_cannot_be_replayed(tokens: Tokens) -> None:
    token, other = tokens.make("carol"), tokens.make("carol")
    claims = jwt.decode(token, options={"verify_signature": False})
    with tokens.connect(token) as socket, tokens.connect(other) as spared:
        answer = tokens.deployment.client("lambda").invoke(
            FunctionName=tokens.deployment.state.outputs["gateway_function"],
            Payload=json.dumps({"revoke": {"owner": f"token:longrun:{MARK}-carol", "token_id": claims["jti"]}}),
        )
        assert json.loads(answer["Payload"].read()) == {"closed": 1}
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=PATIENCE)
        assert RawSocket(spared).ask(action="ping")["type"] == "pong"

    assert tokens.status(token) == 403
    with tokens.connect(other) as socket:
        assert RawSocket(socket).ask(action="ping")["type"] == "pong"


def test_no_token_stands_in_any_log(tokens: Tokens) -> None:
    if not tokens.used:
        tokens.connect(tokens.make("alice")).close()
    parts = {part.encode() for token in tokens.used for part in token.split(".")[1:]}
    reads = logged(tokens.deployment)

    wait_for(lambda: "authorizer.served" in "".join(logged(tokens.deployment)), "the authorizer's log")

    assert not [part for part in parts for line in reads if part.decode() in line]
    files = [path for path in tokens.deployment.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if any(part in Path(path).read_bytes() for part in parts)]


def logged(deployment: Deployment) -> list[str]:
    """Every line of CloudWatch Logs."""
    logs = deployment.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    pages = (page for name in groups for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name))
    return [event["message"] for page in pages for event in page["events"]]
