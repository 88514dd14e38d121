"""What is taken for a secret, and what is not."""

import time

import pytest

from policies.rules.secret_values import secret_finding, secret_kind

GENERATED = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("ANYTHING", "AKIA" + "IOSFODNN7EXAMPLE", "an AWS access key"),
        ("PEM", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
        ("LANGFUSE", "sk-lf-12345678-1234-1234-1234-123456789012", "an API key"),
        ("SESSION", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN", "a JSON web token"),
        ("GIT", "ghp_" + "a1B2c3D4" * 5, "an access token"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic cGstbGYtMTIzNDU2Nzg5MDEy", "an authorization header"),
        ("DATABASE", "postgres://agent:hunter2@db.internal/agents", "a password in an address"),
        ("DB_PASSWORD", "hunter2", "a password"),
        ("MODEL_API_KEY", "local-key-1", "a key"),
        ("modelApiKey", "local-key-1", "a key"),
        ("SESSION_TOKEN", GENERATED, "a key"),
    ],
)
def test_secrets_are_known_by_their_form_or_their_name(name: str, value: str, kind: str) -> None:
    assert secret_kind(name, value) == kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODEL_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:000000000000:secret:model-AbCdEf"),
        ("MODEL_SECRET", "arn:aws:secretsmanager:us-east-1:000000000000:secret:model-AbCdEf"),
        ("MODEL_API_KEY", "/agents/model/api-key"),
        ("MODEL_API_KEY", "{{resolve:secretsmanager:model}}"),
        ("MODEL_API_KEY", "none"),
        ("LANGFUSE_PUBLIC_KEY", "pk-lf-12345678-1234-1234-1234-123456789012"),
        ("MODEL_SECRET", "prod/langfuse/keys"),
        ("MAX_TOKENS", "4096"),
        ("PARTITION_KEY", "journal-table-6ac6a4d-index-1"),
        ("PASSWORD", ""),
        ("CODE_SHA256", GENERATED),
        ("URL", "https://agents.example.com/path?a=b@c"),
    ],
)
def test_references_names_and_numbers_are_no_secrets(name: str, value: str) -> None:
    assert secret_kind(name, value) is None


def test_a_finding_never_shows_the_secret() -> None:
    finding = secret_finding("environment.variables.DB_PASSWORD", "DB_PASSWORD", "hunter2", "Everybody reads it")

    assert finding is not None
    assert "hunter2" not in finding.explanation()


@pytest.mark.parametrize("unit", ["a", "eyJ", "a://", "a:", "Basic ", "-----BEGIN A "])
def test_a_megabyte_is_judged_in_bounded_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    begin = time.perf_counter()

    secret_kind("NAME", text)

    assert time.perf_counter() - begin < 5
