import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError

from runtime.process.signing import Signer
from tests.runtime.agentcore_door import SECRETS

URL = "https://bedrock-agentcore.eu-west-1.amazonaws.com/runtimes/arn%3Aaws/invocations?qualifier=live"


def test_only_what_is_new_is_added_and_the_rest_is_signed_too() -> None:
    credentials = Credentials(*SECRETS.values())

    added = Signer("bedrock-agentcore", "eu-west-1", credentials).headers("POST", URL, b"{}", {"X-Run": "r"})

    assert added.keys() == {"Authorization", "X-Amz-Date", "X-Amz-Security-Token"}
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token;x-run," in added["Authorization"]
    request = AWSRequest("POST", URL, headers={"X-Run": "r", **added}, data=b"{}")
    del request.headers["Authorization"]
    request.context["timestamp"] = added["X-Amz-Date"]
    signer = SigV4Auth(credentials, "bedrock-agentcore", "eu-west-1")
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert added["Authorization"].endswith(expected)


def test_the_processs_credentials_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    added = Signer.create("xray", "eu-west-1").headers("POST", URL, b"", {})

    assert f"Credential={SECRETS['AWS_ACCESS_KEY_ID']}/" in added["Authorization"]
    assert added["X-Amz-Security-Token"] == SECRETS["AWS_SESSION_TOKEN"]


def test_without_credentials_nothing_can_be_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(NoCredentialsError):
        Signer.create("xray", "eu-west-1")
