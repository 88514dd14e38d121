import asyncio
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from botocore.credentials import ReadOnlyCredentials

from client._errors import CredentialsError
from client._target import Target, signed_url

URL = "wss://abc123.execute-api.eu-central-1.amazonaws.com/live"
# The example keys of AWS's documentation.
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore signs at noon."""

    def now(remove_tzinfo: bool = True) -> datetime:
        return NOON.replace(tzinfo=None) if remove_tzinfo else NOON

    monkeypatch.setattr("botocore.auth.get_current_datetime", now)


def _signature(token: str = "") -> str:
    """AWS's rule, written out: canonical request, string to sign, derived key."""
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{KEY}/20261121/eu-central-1/execute-api/aws4_request",
        "X-Amz-Date": "20261121T120000Z",
        "X-Amz-Expires": "3600",
        "X-Amz-SignedHeaders": "host",
    } | ({"X-Amz-Security-Token": token} if token else {})
    canonical_query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))
    host = "abc123.execute-api.eu-central-1.amazonaws.com"
    empty = hashlib.sha256(b"").hexdigest()
    canonical = f"GET\n/live\n{canonical_query}\nhost:{host}\n\nhost\n{empty}"
    scope = "20261121/eu-central-1/execute-api/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, f"AWS4-HMAC-SHA256\n20261121T120000Z\n{scope}\n{digest}".encode(), hashlib.sha256).hexdigest()


def test_a_url_is_signed_as_aws_verifies_it() -> None:
    signed = urlsplit(signed_url(URL, "eu-central-1", ReadOnlyCredentials(KEY, SECRET, None)))

    assert (signed.scheme, signed.netloc, signed.path) == ("wss", urlsplit(URL).netloc, "/live")
    assert dict(parse_qsl(signed.query))["X-Amz-Signature"] == _signature()


def test_temporary_credentials_include_their_token() -> None:
    signed = urlsplit(signed_url(URL, "eu-central-1", ReadOnlyCredentials(KEY, SECRET, "to/ken+=")))

    query = dict(parse_qsl(signed.query))
    assert query["X-Amz-Security-Token"] == "to/ken+="
    assert query["X-Amz-Signature"] == _signature("to/ken+=")


def test_under_iam_the_url_is_signed_with_the_callers_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)

    url = asyncio.run(Target(URL, "AWS_IAM", "eu-central-1").connect_url())

    assert url == signed_url(URL, "eu-central-1", ReadOnlyCredentials(KEY, SECRET, None))


def test_without_credentials_the_caller_is_advised_to_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(CredentialsError, match=r"No AWS credentials .* log in or set AWS_PROFILE"):
        asyncio.run(Target(URL, "AWS_IAM", "eu-central-1").connect_url())


def test_an_unknown_profile_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    with pytest.raises(CredentialsError, match="nobody"):
        asyncio.run(Target(URL, "AWS_IAM", "eu-central-1").connect_url())


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (Target("ws://127.0.0.1:4600/live"), "ws://127.0.0.1:4600/live"),
        (Target("ws://127.0.0.1:4600/live", user="jo@home"), "ws://127.0.0.1:4600/live?user=jo%40home"),
        (Target("ws://127.0.0.1:4600/live?a=1", user="jo"), "ws://127.0.0.1:4600/live?a=1&user=jo"),
    ],
)
def test_without_authorization_the_url_shows_who_the_user_is(target: Target, url: str) -> None:
    assert asyncio.run(target.connect_url()) == url


def test_an_address_of_another_kind_is_rejected() -> None:
    with pytest.raises(ValueError, match="must begin with ws:// or wss://"):
        Target("https://abc123.execute-api.eu-central-1.amazonaws.com/live")


def test_an_unknown_authorization_is_rejected() -> None:
    with pytest.raises(ValueError, match="must be NONE, AWS_IAM or JWT"):
        Target(URL, "KEY")


def test_the_secret_in_a_targets_url_is_not_in_its_representation() -> None:
    target = Target("ws://127.0.0.1:4600/_key/Aa9_-Bb8/_aws/execute-api/a/live", user="jo")

    assert "Aa9" not in repr(target) + target.shown
    assert "jo" in repr(target)
