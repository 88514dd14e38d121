"""Addresses that AWS could not reach, or that the runtime would misuse, are reported with what to give instead."""

import json
from collections.abc import Callable

import pytest
from pulumi.runtime import set_all_config

from components.addresses import is_emulated, mcp_url_problem, model_url_problem, shown, traces_base, traces_url_problem
from tests.components.isolation import isolated

EMULATOR = json.dumps([{"s3": "http://127.0.0.1:4600", "sqs": "http://127.0.0.1:4600"}])
CHECKS = [model_url_problem, mcp_url_problem, traces_url_problem]


def checked(check: Callable[[str], str], url: str, endpoints: str = "") -> str:
    def run() -> str:
        set_all_config({"aws:endpoints": endpoints} if endpoints else {})
        return check(url)

    return isolated(run)


OWN_MACHINE = [
    "https://localhost/mcp",
    "http://localhost:11434/v1",
    "https://LOCALHOST./v1",
    "https://api.localhost/v1",
    "http://127.0.0.1:8000/v1",
    "http://127.1/v1",
    "http://2130706433/v1",
    "http://0x7f000001/v1",
    "http://[::1]:8000/v1",
    "http://[::ffff:127.0.0.1]/v1",
    "http://[::]/v1",
    "http://0.0.0.0:8000/v1",
    "http://169.254.169.254/latest",
    "http://host.docker.internal:1234/v1",
    "http://laptop.local/v1",
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("url", OWN_MACHINE)
def test_address_of_the_calling_machine_is_for_the_sandbox_only(check: Callable[[str], str], url: str) -> None:
    assert "is the calling machine itself or its metadata; give an address that AWS can reach" in checked(check, url)
    assert checked(check, url, EMULATOR) == ""


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.168.1.5:8000", "172.16.0.1", "[fd00::1]", "[fd00:ec2::254]", "ollama"]
)
def test_private_address_is_for_a_vpc_only(check: Callable[..., str], host: str) -> None:
    url = f"http://{host}/v1"

    assert "is no public address" in checked(check, url)
    assert checked(lambda given: check(given, is_private_network=True), url) == ""


@pytest.mark.parametrize("check", CHECKS)
def test_clear_text_over_the_internet_is_rejected(check: Callable[[str], str]) -> None:
    assert checked(check, "http://tools.example.com/v1").startswith("give an https URL")
    assert checked(check, "https://tools.example.com/v1") == ""
    assert checked(check, "https://tools.example.com:8443/v1/") == ""


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("endpoints", ["", EMULATOR])
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("api.example.com", "give an http or https URL"),
        ("//api.example.com/v1", "give an http or https URL"),
        ("ftp://api.example.com", "give an http or https URL"),
        ("https:///v1", "give an http or https URL"),
        ("https://api.example.com:99999/v1", "give an http or https URL"),
        ("https://[::1/v1", "give an http or https URL"),
        ("https://-api-.example.com/v1", "with a valid host"),
        ("https://api example.com/v1", "without blanks and special characters"),
        ("https://api.example.com/v1\n", "without blanks and special characters"),
        ("https://user:pass@api.example.com/v1", "give the URL without user and password"),
        ("https://token@api.example.com/v1", "give the URL without user and password"),
        ("https://api.example.com/v1#part", "without a fragment"),
    ],
)
def test_url_that_cannot_be_called_is_rejected_everywhere(
    check: Callable[[str], str], url: str, message: str, endpoints: str
) -> None:
    assert message in checked(check, url, endpoints)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://api.example.com/v1/chat/completions", "give the API's base URL without /chat/completions"),
        ("https://api.example.com/v1/chat/completions/", "give the API's base URL without /chat/completions"),
        ("https://api.example.com/v1/responses", "give the API's base URL without /responses"),
        ("https://api.openai.com", "give https://api.openai.com/v1"),
        ("https://api.example.com/v1?version=1", "without a query"),
    ],
)
def test_url_of_a_models_call_is_rejected(url: str, message: str) -> None:
    assert message in checked(model_url_problem, url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://cloud.langfuse.com", "Langfuse receives spans at https://cloud.langfuse.com/api/public/otel"),
        ("https://us.cloud.langfuse.com/", "Langfuse receives spans at https://us.cloud.langfuse.com/api/public/otel"),
        (
            "https://cloud.langfuse.com/v1/traces",
            "Langfuse receives spans at https://cloud.langfuse.com/api/public/otel",
        ),
        ("https://cloud.langfuse.com/api/public", "Langfuse receives spans at"),
        ("https://langfuse.example.com", "Langfuse receives spans at https://langfuse.example.com/api/public/otel"),
        ("https://otel.example.com/v1/metrics", "give the collector's address without /v1/metrics"),
        ("https://otel.example.com?token=a", "without a query"),
    ],
)
def test_address_that_receives_no_spans_is_rejected(url: str, message: str) -> None:
    assert message in checked(traces_url_problem, url)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://otel.example.com", "https://otel.example.com"),
        ("https://otel.example.com/", "https://otel.example.com"),
        ("https://otel.example.com/v1/traces", "https://otel.example.com"),
        ("https://otel.example.com/v1/traces/", "https://otel.example.com"),
        ("https://cloud.langfuse.com/api/public/otel/v1/traces", "https://cloud.langfuse.com/api/public/otel"),
        ("", ""),
    ],
)
def test_the_path_of_traces_is_not_doubled(url: str, base: str) -> None:
    assert traces_base(url) == base
    assert checked(traces_url_problem, url) == ""


def test_query_of_an_mcp_server_stays_and_a_comma_is_rejected() -> None:
    assert checked(mcp_url_problem, "https://tools.example.com/mcp?team=a") == ""
    assert "without a comma" in checked(mcp_url_problem, "https://tools.example.com/a,b")


@pytest.mark.parametrize(
    "secret", ["https://me:hush@example.com/v1", "https://example.com/mcp?key=hush", "https://[me:hush@"]
)
def test_what_may_be_a_secret_is_not_shown(secret: str) -> None:
    assert "hush" not in shown(secret)
    assert shown("https://example.com/v1") == "'https://example.com/v1'"


@pytest.mark.parametrize(
    ("endpoints", "emulated"),
    [
        ("", False),
        ("[]", False),
        ("not JSON", False),
        ('[{"s3": "https://s3-fips.us-east-1.amazonaws.com"}]', False),
        ('[{"s3": "https://s3.cn-north-1.amazonaws.com.cn"}]', False),
        (EMULATOR, True),
        ('[{"s3": "http://localstack:4566"}]', True),
    ],
)
def test_an_emulator_is_known_by_its_endpoints(endpoints: str, emulated: bool) -> None:
    assert checked(lambda _: str(is_emulated()), "", endpoints) == str(emulated)
