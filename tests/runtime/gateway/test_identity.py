from typing import Any

import pytest

from runtime.gateway.identity import UnidentifiedError, connection_owner

ARN = "arn:aws:sts::123456789012:assumed-role/analyst/jo"


def _connect(query: dict[str, str] | None = None, **context: object) -> dict[str, Any]:
    return {"requestContext": {"eventType": "CONNECT", **context}, "queryStringParameters": query}


def test_under_iam_the_owner_is_the_callers_arn() -> None:
    assert connection_owner(_connect(identity={"userArn": ARN}), "AWS_IAM") == ARN


ROLE = "arn:aws:sts::123456789012:assumed-role/analyst"


@pytest.mark.parametrize("prefix", ["botocore-session", "aws-sdk-js", "aws-sdk-java", "aws-go-sdk"])
def test_a_role_whose_session_was_named_after_the_time_owns_its_runs_in_every_session(prefix: str) -> None:
    owners = {
        connection_owner(_connect(identity={"userArn": f"{ROLE}/{prefix}-{time}"}), "AWS_IAM")
        for time in (1795258243, 1795261843123)
    }

    assert owners == {ROLE}


@pytest.mark.parametrize("session", ["jo", "botocore-session-jo", "jo-botocore-session-1", "i-0123456789abcdef0"])
def test_sessions_of_a_role_that_have_names_are_different_owners(session: str) -> None:
    arn = f"{ROLE}/{session}"

    assert connection_owner(_connect(identity={"userArn": arn}), "AWS_IAM") == arn


def test_under_iam_a_claimed_user_is_not_believed() -> None:
    event = _connect(query={"user": "eve"}, identity={"userArn": ARN})

    assert connection_owner(event, "AWS_IAM") == ARN


@pytest.mark.parametrize("identity", [None, {}, {"userArn": None}, {"sourceIp": "127.0.0.1"}])
def test_under_iam_a_connection_without_identity_is_refused(identity: dict[str, Any] | None) -> None:
    with pytest.raises(UnidentifiedError, match="not signed"):
        connection_owner(_connect(query={"user": "eve"}, identity=identity), "AWS_IAM")


@pytest.mark.parametrize("authorization", ["AWS_IAM", "NONE"])
def test_the_principal_of_a_lambda_authorizer_comes_first(authorization: str) -> None:
    event = _connect(query={"user": "eve"}, authorizer={"principalId": "jo"}, identity={"userArn": ARN})

    assert connection_owner(event, authorization) == "jo"


def test_without_authorization_the_user_says_who_it_is() -> None:
    assert connection_owner(_connect(query={"user": "jo"}), "NONE") == "jo"


@pytest.mark.parametrize("query", [None, {}, {"user": ""}])
def test_without_authorization_nobody_is_anonymous(query: dict[str, str] | None) -> None:
    assert connection_owner(_connect(query=query), "NONE") == "anonymous"


@pytest.mark.parametrize("user", ["a b", "x" * 257, "Zoë", "#"])
def test_a_user_that_cannot_be_recorded_is_refused(user: str) -> None:
    with pytest.raises(UnidentifiedError, match="1 to 256 letters"):
        connection_owner(_connect(query={"user": user}), "NONE")
