"""What a caller's token says, whoever has signed it."""

import asyncio
import base64
import json
import time

import pytest

from client import Target, TokenMissingError
from client._credentials import owner_in, rejection_reason
from client._owner import run_owner

NOW = int(time.time())


def token(**claims: object) -> str:
    now = int(time.time())
    valid = {"iss": "longrun", "aud": "longrun/dev", "sub": "alice", "iat": now, "exp": now + 600, "jti": "t-1"}
    body = base64.urlsafe_b64encode(json.dumps(valid | claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


def test_a_tokens_owner_is_the_one_that_the_authorizer_names() -> None:
    assert owner_in(token()) == "token:longrun:alice"
    assert owner_in(token(iss="https://a.example/x", sub="auth0|5")) == "token:https=3A//a.example/x:auth0=7C5"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1_000_000_000}, "the token expired at 2001-09-09T01:46:40Z"),
        ({"nbf": NOW + 10_000}, "the token is not valid before 20"),
        (
            {"aud": "longrun/prod"},
            "the token is for 'longrun/prod', and this deployment accepts tokens for 'longrun/dev'",
        ),
        ({"iss": "https://x"}, "the token is of issuer 'https://x', and this deployment accepts those of 'longrun'"),
        ({}, "the token is revoked, or signed with another key"),
        ({"exp": "soon", "nbf": True}, "the token is revoked, or signed with another key"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_rejected_token_is_explained_as_far_as_it_shows_the_reason(claims: dict[str, object], reason: str) -> None:
    given = token(**claims)

    found = rejection_reason(given, "longrun", "longrun/dev")

    assert found.startswith(reason)
    assert given not in found


@pytest.mark.parametrize("text", ["", "a.b", "a.!.c", "a.W10.c", "é.é.é", f"a.{'W' * 4}.c"])
def test_a_text_that_is_no_token_is_explained_without_it(text: str) -> None:
    assert rejection_reason(text, "longrun", "longrun/dev").startswith("this is no token: ")


def test_a_target_with_tokens_sends_its_token_in_a_header_and_shows_it_nowhere() -> None:
    target = Target("wss://a.example/live", "JWT", token="t.o.k")

    assert target.connect_headers() == {"Authorization": "Bearer t.o.k"}
    assert "t.o.k" not in repr(target)
    with pytest.raises(TokenMissingError, match="needs a token"):
        Target("wss://a.example/live", "JWT").connect_headers()
    assert Target("wss://a.example/live", "NONE", token="t.o.k").connect_headers() == {}


def test_a_background_run_is_the_tokens_subjects() -> None:
    target = Target("wss://a.example/live", "JWT", token=token())

    assert asyncio.run(run_owner(target, None)) == "token:longrun:alice"
