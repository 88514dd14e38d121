from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from runtime.process.secrets import (
    FRESH_SECONDS,
    PAUSE_SECONDS,
    STALE_SECONDS,
    Secret,
    SecretUnavailableError,
)


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "value-of-it"}}, "GetSecretValue")


class Stored:
    """Secrets Manager with one secret, and a clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.value = "first"
        self.failure: Exception | None = None
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == "longrun/dev/key"
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return {"SecretString": self.value}


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def secret(stored: Stored) -> Secret:
    create: Callable[[], Any] = lambda: stored  # noqa: E731  typed as any client
    return Secret("longrun/dev/key", create, lambda: stored.now)


def test_a_value_is_read_once_while_it_is_fresh_and_a_rotated_one_is_noticed_after_that(
    secret: Secret, stored: Stored
) -> None:
    assert [secret.value(), secret.value()] == ["first", "first"]
    stored.value = "second"
    stored.now += FRESH_SECONDS - 1
    assert (secret.value(), stored.reads) == ("first", 1)
    stored.now += 1

    assert (secret.value(), stored.reads) == ("second", 2)


def test_a_rejected_value_is_read_again_at_once_and_then_not_for_a_pause(secret: Secret, stored: Stored) -> None:
    assert secret.value() == "first"
    stored.now += PAUSE_SECONDS
    assert secret.after_rejection("first") is None
    stored.value = "second"
    assert secret.after_rejection("first") is None
    assert stored.reads == 2
    stored.now += PAUSE_SECONDS

    assert secret.after_rejection("first") == "second"
    assert secret.after_rejection("first") == "second"
    assert stored.reads == 3


@pytest.mark.parametrize(
    "failure", [client_error("ThrottlingException"), ConnectTimeoutError(endpoint_url="https://secrets")], ids=str
)
def test_the_last_value_is_used_for_an_hour_while_the_service_cannot_be_reached(
    secret: Secret, stored: Stored, failure: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert secret.value() == "first"
    stored.failure = failure
    stored.now += FRESH_SECONDS
    assert [secret.value(), secret.value()] == ["first", "first"]
    assert stored.reads == 2, "a service that is down is not asked at each call"
    stored.now += STALE_SECONDS + 1

    with pytest.raises(SecretUnavailableError) as failed:
        secret.value()

    logged = capsys.readouterr().out
    assert "secret.not_read" in logged
    assert "first" not in logged
    assert "value-of-it" not in str(failed.value)


@pytest.mark.parametrize(
    ("code", "is_absent"),
    [("ResourceNotFoundException", True), ("AccessDeniedException", False), ("InvalidRequestException", False)],
)
def test_a_secret_that_was_taken_away_ends_with_its_last_value(
    secret: Secret, stored: Stored, code: str, is_absent: bool
) -> None:
    assert secret.value() == "first"
    stored.failure = client_error(code)
    stored.now += FRESH_SECONDS

    with pytest.raises(SecretUnavailableError, match=f"longrun/dev/key cannot be read: {code}") as failed:
        secret.value()

    assert failed.value.is_absent is is_absent
