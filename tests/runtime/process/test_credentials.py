import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runtime.process.credentials import HOLD_SECONDS, Credentials, CredentialsError, is_private
from runtime.process.secrets import FRESH_SECONDS, PAUSE_SECONDS

ID = "longrun/dev/data-source-credentials"


class Stored:
    """Secrets Manager with one secret, and a clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.value: object = {"x-key": "first"}
        self.failure = ""
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == ID
        self.reads += 1
        if self.failure:
            raise ClientError({"Error": {"Code": self.failure, "Message": "value-of-it"}}, "GetSecretValue")
        return {"SecretString": self.value if isinstance(self.value, str) else json.dumps(self.value)}


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def credentials(stored: Stored) -> Credentials:
    create: Callable[[], Any] = lambda: stored  # noqa: E731  typed as any client
    return Credentials(ID, create, lambda: stored.now)


def test_a_rotated_object_is_picked_up_after_five_minutes(credentials: Credentials, stored: Stored) -> None:
    assert credentials.read() == {"x-key": "first"}
    stored.value = '{"x-key": "second"}\n'
    stored.now += FRESH_SECONDS - 1
    assert credentials.read() == {"x-key": "first"}
    stored.now += 1

    assert credentials.read() == {"x-key": "second"}
    assert stored.reads == 2


def test_a_rejected_object_is_read_again_at_once(credentials: Credentials, stored: Stored) -> None:
    credentials.read()
    stored.now += PAUSE_SECONDS
    assert not credentials.renew()
    stored.value = {"x-key": "second"}
    stored.now += PAUSE_SECONDS

    assert credentials.renew()
    assert credentials.read() == {"x-key": "second"}


@pytest.mark.parametrize("value", ["", "\n", None])
def test_a_secret_without_a_value_is_empty_and_read_once_a_minute(
    credentials: Credentials, stored: Stored, value: str | None
) -> None:
    if value is None:
        stored.failure = "ResourceNotFoundException"
    else:
        stored.value = value

    assert [credentials.read() for _ in range(3)] == [{}, {}, {}]
    assert (stored.reads, credentials.renew()) == (1, False)
    stored.failure, stored.value = "", {"x-key": "first"}
    stored.now += max(HOLD_SECONDS, FRESH_SECONDS)

    assert credentials.read() == {"x-key": "first"}


def test_a_secret_that_may_not_be_read_is_an_error_that_is_kept_for_a_minute(
    credentials: Credentials, stored: Stored
) -> None:
    stored.failure = "AccessDeniedException"

    for _ in range(3):
        with pytest.raises(CredentialsError, match=f"secret {ID} cannot be read: AccessDeniedException") as failed:
            credentials.read()
        assert "value-of-it" not in str(failed.value)

    assert stored.reads == 1
    stored.failure = ""
    stored.now += HOLD_SECONDS
    assert credentials.read() == {"x-key": "first"}


@pytest.mark.parametrize(
    "value", ["hush-hush", '["hush-hush"]', "[" * 5_000, '"hush-hush"'], ids=lambda value: value[:9]
)
def test_a_value_that_is_no_object_is_named_without_the_value(
    credentials: Credentials, stored: Stored, value: str
) -> None:
    stored.value = value

    with pytest.raises(CredentialsError, match="is no JSON object") as failed:
        credentials.read()

    assert "hush" not in str(failed.value)


@pytest.mark.parametrize(
    "given",
    [
        "hush",
        {"x-key": 7},
        {"x-key": ""},
        {"x-key": "hush\r\nx-other: 1"},
        {"x-key": "hush "},
        {"x-key": "hüsh"},
        {"x key": "hush"},
        {"": "hush"},
        {"x-key": "h" * 9_000},
    ],
    ids=lambda given: str(given)[:30],
)
def test_headers_that_cannot_be_sent_are_rejected_without_their_values(credentials: Credentials, given: object) -> None:
    with pytest.raises(CredentialsError, match=ID) as failed:
        credentials.headers(given)

    assert "h" * 20 not in str(failed.value)
    assert "hush" not in str(failed.value)


def test_headers_may_have_blanks_within() -> None:
    assert Credentials(ID).headers({"Authorization": "Bearer a.b-c"}) == {"Authorization": "Bearer a.b-c"}


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://data.example.com/mcp", True),
        ("http://127.0.0.1:9001/mcp", True),
        ("http://localhost/mcp", True),
        ("http://data.example.com/mcp", False),
        ("http://10.0.0.7/mcp", False),
    ],
)
def test_an_address_is_private_by_https_or_on_this_machine(url: str, private: bool) -> None:
    assert is_private(url) is private
