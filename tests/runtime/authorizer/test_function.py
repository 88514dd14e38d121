import json
import time
from typing import Any

import pytest

from runtime.authorizer.environment import AuthorizerEnvironment
from runtime.authorizer.function import UnavailableError, create_verifier, handler
from runtime.environment import MissingVariableError
from tests.runtime.authorizer.issuers import AUDIENCE, jwks, serving, signed

METHOD = "arn:aws:execute-api:us-east-1:123456789012:api1/live/$connect"


def event(query: dict[str, str] | None = None, **headers: str) -> dict[str, Any]:
    """As API Gateway asks for a $connect."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "REQUEST",
        "methodArn": METHOD,
        "headers": named or None,
        "queryStringParameters": query,
        "requestContext": {"connectionId": "c1", "eventType": "CONNECT"},
    }


@pytest.fixture(autouse=True)
def issuer(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401  a generator of addresses
    """The handler's process, with an issuer on this machine."""
    with serving({"/jwks": jwks("one")}) as server:
        found = "/.well-known/openid-configuration"
        server.answers[found] = {"issuer": server.url, "jwks_uri": f"{server.url}/jwks"}
        monkeypatch.setattr(handler, "service", create_verifier(AuthorizerEnvironment(server.url, "", AUDIENCE, 3_600)))
        yield server.url


def test_a_token_is_found_in_the_header_as_a_subprotocol_and_in_the_query(issuer: str) -> None:
    token = signed(iss=issuer)

    for asked in (
        event(Authorization=f"Bearer {token}"),
        event(authorization=f"bearer  {token} "),
        event(Sec_WebSocket_Protocol=f"longrun, longrun.token.{token}"),
        event(query={"token": token}),
        event(query={"token": token}, Authorization=f"Bearer {token}"),
    ):
        answer = handler(asked, None)
        assert answer["principalId"].startswith("token:http=3A//127.0.0.1=3A")
        assert answer["policyDocument"]["Statement"] == [
            {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": METHOD}
        ]
        assert answer["context"]["tokenId"] == "t-1"


@pytest.mark.parametrize(
    "asked",
    [
        event(),
        event(query={"token": ""}),
        event(Authorization="Basic YTpi"),
        event(Authorization="Bearer "),
        event(Sec_WebSocket_Protocol="longrun"),
        event(query={"token": "x" * 9_000}),
        event(query={"token": "a"}, Authorization="Bearer b"),
    ],
    ids=lambda asked: str(asked["headers"] or asked["queryStringParameters"])[:60],
)
def test_a_connection_without_one_token_is_denied_with_a_line_of_the_log(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = handler(asked, None)

    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert answer["principalId"] == "nobody"
    assert "authorizer.rejected" in capsys.readouterr().out


def test_no_token_is_in_the_log_whether_it_is_accepted_or_not(issuer: str, capsys: pytest.CaptureFixture[str]) -> None:
    tokens = [signed(iss=issuer), signed("evil", iss=issuer), signed(iss=issuer, exp=int(time.time()) - 900), "a.b.c"]
    for token in tokens:
        handler(event(query={"token": token}), None)

    logged = capsys.readouterr().out
    assert logged.count("authorizer.served") == 4
    assert not [part for token in tokens[:3] for part in token.split(".")[1:] if part in logged]


def test_an_issuer_that_cannot_be_reached_ends_in_an_error_after_which_a_client_tries_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving({}) as server:
        gone = server.url
    monkeypatch.setattr(handler, "service", create_verifier(AuthorizerEnvironment(gone, "", AUDIENCE, 3_600)))

    with pytest.raises(UnavailableError):
        handler(event(query={"token": signed(iss=gone)}), None)

    assert "authorizer.unavailable" in capsys.readouterr().out


def test_the_environment_names_an_issuer_or_the_secret_of_the_stacks_own_key() -> None:
    def read(**others: str) -> AuthorizerEnvironment:
        return AuthorizerEnvironment.read(
            {"LONGRUN_TOKENS": json.dumps({"audience": "a", "max_seconds": 600} | others)}
        )

    assert read(signing_secret="arn:secret").signing_secret == "arn:secret"
    assert read(issuer="https://x").issuer == "https://x"
    with pytest.raises(MissingVariableError, match="LONGRUN_TOKENS"):
        read()
    with pytest.raises(MissingVariableError, match="LONGRUN_TOKENS"):
        AuthorizerEnvironment.read({})
