import json
from typing import Any

import pytest

from contract.errors import RunError
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.gateway.actions import Actions
from runtime.gateway.file_links import FileLinks
from runtime.gateway.function import Gateway, handler
from runtime.gateway.tokens import InvalidRevocationError
from runtime.journal import Journal
from runtime.process.dispatch import Dispatcher

OWNER = "token:longrun:alice"


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 29_000


class Closing(Connections):
    """Records what is closed; connections in `stuck` cannot be closed."""

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.stuck: set[str] = set()

    def close(self, connection_id: str) -> None:
        if connection_id in self.stuck:
            raise NotDeliveredError(connection_id, "no answer")
        self.closed.append(connection_id)

    def post(self, connection_id: str, frame: bytes) -> bool:
        raise AssertionError(f"nothing is posted: {connection_id}, {frame!r}")


@pytest.fixture
def closing() -> Closing:
    return Closing()


@pytest.fixture(autouse=True)
def gateway(monkeypatch: pytest.MonkeyPatch, memory_journal: Journal, closing: Closing) -> None:
    unused: Any = Dispatcher
    actions = Actions(memory_journal, closing, unused, FileLinks("payloads"), ("a",), run_timeout=900)
    monkeypatch.setattr(handler, "service", Gateway("JWT", memory_journal, closing, actions))


def call(
    kind: str,
    connection_id: str = "c1",
    token: str = "t-1",  # noqa: S107  the id of a token
    owner: str = OWNER,
    **event: object,
) -> dict[str, Any]:
    authorizer = {"principalId": owner, "tokenId": token, "issuedAt": "1000", "expiresAt": "2000"}
    context = {"eventType": kind, "routeKey": "$connect", "connectionId": connection_id, "authorizer": authorizer}
    return handler({"requestContext": context, **event}, Context())


def revoke(**request: Any) -> dict[str, Any]:  # noqa: ANN401  also what is no request
    return handler({"revoke": request}, Context())


def test_the_owner_of_a_connection_is_the_authorizers_principal(memory_journal: Journal) -> None:
    assert call("CONNECT", queryStringParameters={"user": "eve"}) == {"statusCode": 200}
    assert memory_journal.connections.owner("c1") == OWNER


def test_a_connection_that_no_authorizer_has_admitted_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    context = {"eventType": "CONNECT", "connectionId": "c1", "identity": {"userArn": "arn:aws:iam::1:user/eve"}}

    assert handler({"requestContext": context, "queryStringParameters": {"user": "eve"}}, Context()) == {
        "statusCode": 403
    }
    assert "named no principal" in capsys.readouterr().out


def test_a_token_that_is_replayed_after_its_revocation_is_rejected_and_its_connections_are_closed(
    memory_journal: Journal, closing: Closing
) -> None:
    for connection_id, token_id in (("c1", "t-1"), ("c2", "t-1"), ("c3", "t-2")):
        assert call("CONNECT", connection_id, token_id)["statusCode"] == 200
    call("DISCONNECT", "c2")

    assert revoke(owner=OWNER, token_id="t-1") == {"closed": 1}

    assert closing.closed == ["c1"]
    with pytest.raises(RunError):
        memory_journal.connections.owner("c1")
    assert call("CONNECT", "c4") == {"statusCode": 403}
    with pytest.raises(RunError):
        memory_journal.connections.owner("c4")
    assert call("CONNECT", "c5", "t-2") == {"statusCode": 200}
    assert call("CONNECT", "c6", owner="token:longrun:bob") == {"statusCode": 200}


def test_all_tokens_of_a_user_are_revoked_at_once(closing: Closing) -> None:
    call("CONNECT", "c1", "t-1")
    call("CONNECT", "c2", "t-2")

    assert revoke(owner=OWNER) == {"closed": 2}

    assert call("CONNECT", "c3", "t-3") == {"statusCode": 403}
    assert closing.closed == ["c1", "c2"]


def test_a_connection_that_cannot_be_closed_is_not_served_any_more(memory_journal: Journal, closing: Closing) -> None:
    call("CONNECT", "c1")
    closing.stuck.add("c1")

    assert revoke(owner=OWNER) == {"closed": 1}

    with pytest.raises(RunError):
        memory_journal.connections.owner("c1")


@pytest.mark.parametrize("request_", [{}, {"owner": ""}, {"owner": 7}, {"owner": OWNER, "token_id": ""}], ids=str)
def test_a_revocation_that_names_nobody_fails_for_its_caller(request_: dict[str, Any]) -> None:
    with pytest.raises(InvalidRevocationError):
        revoke(**request_)


@pytest.mark.parametrize(
    ("offered", "selected"),
    [
        ("longrun, longrun.token.a.b.c", "longrun"),
        ("other,longrun", "longrun"),
        ("longrun.token.a.b.c", None),
        ("other", None),
        (None, None),
    ],
)
def test_the_subprotocol_is_selected_where_it_is_offered_and_a_token_never_is(
    offered: str | None, selected: str | None
) -> None:
    headers = {"Sec-WebSocket-Protocol": offered} if offered else None

    answer = call("CONNECT", headers=headers)

    assert answer.get("headers") == ({"Sec-WebSocket-Protocol": selected} if selected else None)
    assert "a.b.c" not in json.dumps(answer)
