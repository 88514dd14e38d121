import subprocess

import pytest

from cli.commands.sandbox import document, exports, parse_fault, shown_outputs
from cli.errors import CliError
from sandbox.state import SandboxState


def test_a_fault_is_ordered_by_name_with_or_without_a_count() -> None:
    assert parse_fault("slow") == {"name": "slow"}
    assert parse_fault("throttle=2") == {"name": "throttle", "count": 2}


@pytest.mark.parametrize("word", ["throttle=", "throttle=x", "throttle=-1"])
def test_a_fault_whose_count_is_no_number_is_rejected_with_an_example(word: str) -> None:
    with pytest.raises(CliError, match="throttle=2") as refused:
        parse_fault(word)

    assert refused.value.code == "USAGE"


def test_without_a_sandbox_the_document_has_all_its_keys() -> None:
    assert document(None) == {
        "running": False,
        "endpoint": None,
        "websocket_url": None,
        "traced_url": None,
        "stream_url": None,
        "region": None,
        "outputs": {},
        "environment": {},
    }


def test_the_document_has_the_address_of_the_traced_function() -> None:
    url = "http://127.0.0.1:4600/_aws/lambda-url/a1b2/"
    state = SandboxState(
        True, "http://127.0.0.1:4600", "http://127.0.0.1:4601", "us-east-1", {}, "", outputs={"traced_url": url}
    )

    assert document(state)["traced_url"] == url


STREAM_URL = "http://127.0.0.1:4600/_aws/lambda-url/a1b2/"
DEMO = {"demo_workspace": "demo", "demo_agent": "data_analyst", "demo_secret": "s3cret"}


@pytest.mark.parametrize(
    ("authorization", "url"),
    [("NONE", "http://127.0.0.1:4600/_key/key/_aws/lambda-url/a1b2/"), ("AWS_IAM", STREAM_URL)],
    ids=["anybody", "signed"],
)
def test_the_address_of_the_streaming_endpoint_is_one_that_its_callers_can_use(authorization: str, url: str) -> None:
    outputs = {"stream_url": STREAM_URL, "stream_authorization": authorization, **DEMO}
    state = SandboxState(
        True, "http://127.0.0.1:4600", "", "us-east-1", {}, "", outputs=outputs, secret_access_key="key"
    )

    assert document(state)["stream_url"] == url
    assert document(state)["outputs"] == outputs
    environment = state.environment()
    # A path follows it in the documentation's examples.
    assert environment["LONGRUN_STREAM_URL"] == url.removesuffix("/")
    names = ("LONGRUN_DEMO_WORKSPACE", "LONGRUN_DEMO_AGENT", "LONGRUN_DEMO_SECRET")
    assert [environment[name] for name in names] == list(DEMO.values())


def test_the_outputs_for_people_have_the_address_and_no_secret() -> None:
    shown = shown_outputs({"stream_url": STREAM_URL, **DEMO, "monitored": []})

    assert shown == {"stream_url": STREAM_URL, "demo_workspace": "demo", "demo_agent": "data_analyst"}


def test_what_status_prints_for_a_shell_sets_the_sandbox_and_removes_what_leads_to_aws() -> None:
    state = SandboxState(
        running=True,
        endpoint="http://127.0.0.1:4600",
        sidecar_url="http://127.0.0.1:4601",
        region="eu-central-1",
        pids={},
        started_at="",
        websocket_url="ws://127.0.0.1:4600/_aws/execute-api/a/live",
        access_key_id="LONGRUN234567ABCDEFG",
        secret_access_key="it's-_9",
    )
    names = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"]
    names += ["AWS_BEARER_TOKEN_BEDROCK", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ACCESS_KEY_ID"]
    done = subprocess.run(  # noqa: S603  the lines under test
        ["/bin/sh", "-c", f"{exports(state)}\nexec /usr/bin/env"],
        env=dict.fromkeys(names, "the user's own"),
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())

    assert {name: value for name, value in found.items() if name.startswith(("AWS", "LONGRUN"))} == state.environment()
    assert found["AWS_ACCESS_KEY_ID"] == "LONGRUN234567ABCDEFG"
    assert found["LONGRUN_WEBSOCKET_URL"].startswith("ws://127.0.0.1:4600/_key/it")
