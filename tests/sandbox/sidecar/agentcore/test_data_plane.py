"""Invocations and error responses of the data plane, with boto3."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError, ResponseStreamingError

from sandbox.sidecar.agentcore import data_plane
from tests.sandbox.harness import wait_until
from tests.sandbox.sidecar.stage import ACCOUNT, PLAIN, REGION, SERVE, Runtime, Stage, new_id

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=test"}

HEADERS = """
def handle(event, request):
    return 200, {name.lower(): value for name, value in request.headers.items()}
"""

WAITS = """
def handle(event, request):
    print("waiting", flush=True)
    while not os.path.exists(event["until"]):
        time.sleep(0.01)
    return 200, "done"
"""

STREAMS = """
def handle(event, request):
    request.send_response(200)
    request.send_header("Content-Type", "text/event-stream")
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    for number, file in enumerate(event["files"]):
        while not os.path.exists(file):
            time.sleep(0.01)
        data = b"data: %d\\n\\n" % number
        request.wfile.write(b"%x\\r\\n%b\\r\\n" % (len(data), data))
        request.wfile.flush()
    request.wfile.write(b"0\\r\\n\\r\\n")
    return None, None
"""


def rejected(runtime: Runtime, **arguments: object) -> tuple[str, int, str]:
    """Error, status and message of an invocation that is rejected."""
    with pytest.raises(ClientError) as caught:
        runtime.invoke({}, **arguments)  # type: ignore[arg-type]
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def raw(runtime: Runtime, headers: dict[str, str] | None = None, body: bytes = b"{}", arn: str = "") -> httpx.Response:
    """A request that no AWS client sends."""
    url = f"{runtime.url}/runtimes/{httpx.URL(arn or runtime.arn)}/invocations"
    return httpx.post(url, content=body, headers=SIGNED | (headers or {}))


def reported(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.headers["x-amzn-errortype"]


def test_an_agent_of_the_standard_library_answers_on_the_port_that_it_believes_to_have(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})
    session = new_id()

    first = runtime.invoke({"n": 1}, session)
    second = runtime.invoke({"n": 2}, session)
    other = runtime.invoke({"n": 3})

    assert (first["event"], second["event"]) == ({"n": 1}, {"n": 2})
    assert first["pid"] == second["pid"] != other["pid"]


def test_a_reply_carries_its_type_and_session_and_a_session_without_id_gets_one(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})

    answer = runtime.client.invoke_agent_runtime(agentRuntimeArn=runtime.arn, payload=b"{}", runtimeSessionId="s" * 33)
    unnamed = raw(runtime)

    assert (answer["statusCode"], answer["contentType"], answer["runtimeSessionId"]) == (
        200,
        "application/json",
        "s" * 33,
    )
    given = unnamed.headers["x-amzn-bedrock-agentcore-runtime-session-id"]
    assert (unnamed.status_code, len(given)) == (200, 36)
    assert {session["session_id"] for session in runtime.sessions()} == {"s" * 33, given}


def test_an_agents_id_beside_the_account_does_as_well_as_the_arn(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})
    runtime.arn = runtime.arn.rpartition("/")[2]

    assert runtime.invoke({"n": 1}, accountId=ACCOUNT)["event"] == {"n": 1}
    assert rejected(runtime)[0] == "ValidationException"


def test_headers_of_tracing_and_session_reach_the_agent_and_others_only_from_the_allow_list(stage: Stage) -> None:
    custom = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Word"
    runtime = stage.runtime(
        {"main.py": PLAIN + HEADERS + SERVE},
        described={"requestHeaderConfiguration": {"requestHeaderAllowlist": [custom]}},
    )
    session = new_id()
    sent = {"traceparent": "00-1-2-01", "tracestate": "a=b", "baggage": "c=d", "x-amzn-trace-id": "Root=1"}
    kept = {custom.lower(): "kept", "x-amzn-bedrock-agentcore-runtime-session-id": session}

    received = raw(runtime, sent | kept | {"x-other": "left"}).json()

    assert sent.items() | kept.items() <= received.items()
    assert not {"x-other", "authorization"} & received.keys()
    assert received["x-amzn-bedrock-agentcore-runtime-request-id"]


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        (f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/absent-abcdefghij", "ResourceNotFoundException"),
        (f"arn:aws:bedrock-agentcore:eu-west-1:{ACCOUNT}:runtime/agent_0-abcdefghij", "ResourceNotFoundException"),
        (f"arn:aws:bedrock-agentcore:{REGION}:111111111111:runtime/agent_0-abcdefghij", "ResourceNotFoundException"),
        (f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:agent_0-abcdefghij", "ValidationException"),
    ],
    ids=["unknown", "other-region", "other-account", "other-service"],
)
def test_a_runtime_that_is_not_there_is_rejected(stage: Stage, arn: str, error: str) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})
    runtime.arn = arn

    assert rejected(runtime)[0] == error
    assert runtime.sessions() == []


def test_an_endpoint_leads_to_its_live_version_and_an_unknown_one_nowhere(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})

    assert runtime.invoke({"n": 1}, qualifier="live")["event"] == {"n": 1}
    assert rejected(runtime, qualifier="absent")[:2] == ("ResourceNotFoundException", 404)
    assert [session["endpoint"] for session in runtime.sessions()] == ["live"]


def test_what_is_not_ready_is_rejected_with_its_status_and_reason(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})
    (key,) = [key for key in stage.control_plane.endpoints if key[1] == "live"]
    stage.control_plane.endpoints[key]["status"] = "CREATING"
    stage.control_plane.versions[key[0]] |= {"status": "CREATE_FAILED", "failureReason": "no such role"}

    error, status, message = rejected(runtime, qualifier="live")
    of_version = rejected(runtime)[2]

    assert (error, status) == ("ValidationException", 400)
    assert message == f"Endpoint live of agent runtime {key[0]} is CREATING; it can be invoked when it is READY."
    assert "is CREATE_FAILED (no such role)" in of_version


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ({"agentRuntimeArtifact": {"containerConfiguration": {"containerUri": "a/b:c"}}}, "container image a/b:c"),
        ({"code": {"runtime": "NODE_22"}}, "is for NODE_22"),
        ({"protocolConfiguration": {"serverProtocol": "FTP"}}, "uses FTP"),
    ],
    ids=["container", "node", "protocol"],
)
def test_a_runtime_that_cannot_run_here_says_why(stage: Stage, described: dict[str, object], message: str) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE}, described=described)

    error, status, reported_message = rejected(runtime)

    assert (error, status) == ("RuntimeClientError", 424)
    assert message in reported_message


@pytest.mark.parametrize("length", [32, 257])
def test_a_session_id_of_the_wrong_length_is_rejected(stage: Stage, length: int) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})

    answer = raw(runtime, {"x-amzn-bedrock-agentcore-runtime-session-id": "s" * length})

    assert reported(answer) == (400, "ValidationException")
    assert answer.json()["message"] == f"runtimeSessionId has {length} characters; allowed: 33 to 256."


def test_a_payload_over_the_limit_is_rejected(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_plane, "PAYLOAD_BYTES", 1_000)
    runtime = stage.runtime({"main.py": PLAIN + SERVE})

    answer = raw(runtime, body=b" " * 1_001)

    assert reported(answer) == (400, "ValidationException")
    assert "1,001 bytes; allowed: up to 1,000" in answer.json()["message"]


def test_a_request_without_signature_is_rejected_and_other_methods_than_post_are_not_there(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + SERVE})
    url = f"{runtime.url}/runtimes/{runtime.arn}/invocations"

    assert reported(httpx.post(url, content=b"{}")) == (403, "MissingAuthenticationTokenException")
    # An MCP client asks for a stream by GET and takes 405 for: there is none.
    assert [httpx.request(method, url, headers=SIGNED).status_code for method in ("GET", "DELETE")] == [405, 405]


def test_an_agents_own_error_is_reported_by_its_status_alone(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": PLAIN + "\ndef handle(event, _): return 500, 'secret detail'" + SERVE})

    error, status, message = rejected(runtime)

    assert (error, status) == ("RuntimeClientError", 424)
    assert message == "Received error (500) from runtime. Please check your CloudWatch logs for more information."


def test_a_stream_arrives_as_the_agent_sends_it(stage: Stage, tmp_path: Path) -> None:
    runtime = stage.runtime({"main.py": PLAIN + STREAMS + SERVE})
    files = [tmp_path / str(number) for number in range(3)]

    answer = runtime.client.invoke_agent_runtime(
        agentRuntimeArn=runtime.arn,
        runtimeSessionId=new_id(),
        payload=json.dumps({"files": [str(file) for file in files]}).encode(),
    )
    lines = (line for line in answer["response"].iter_lines(chunk_size=1) if line)
    received = []
    for file in files:
        file.touch()
        received.append(next(lines))

    assert answer["contentType"] == "text/event-stream"
    assert received == [b"data: 0", b"data: 1", b"data: 2"]
    assert list(lines) == []


def test_a_killed_agent_breaks_off_its_stream(stage: Stage, tmp_path: Path) -> None:
    runtime = stage.runtime({"main.py": PLAIN + STREAMS + SERVE})
    (tmp_path / "first").touch()
    session = new_id()

    answer = runtime.client.invoke_agent_runtime(
        agentRuntimeArn=runtime.arn,
        runtimeSessionId=session,
        payload=json.dumps({"files": [str(tmp_path / "first"), str(tmp_path / "never")]}).encode(),
    )
    lines = answer["response"].iter_lines(chunk_size=1)
    assert next(lines) == b"data: 0"
    runtime.kill(session)

    with pytest.raises(ResponseStreamingError):
        list(lines)


def test_an_agent_that_is_killed_before_it_replies_is_reported_with_its_last_words(
    stage: Stage, tmp_path: Path
) -> None:
    runtime = stage.runtime({"main.py": PLAIN + WAITS + SERVE})
    session = new_id()

    with ThreadPoolExecutor() as pool:
        call = pool.submit(runtime.invoke, {"until": str(tmp_path / "never")}, session)
        wait_until(lambda: "waiting" in stage.log(), "the agent's work")
        runtime.kill(session)
        error = call.exception(timeout=20)

    assert isinstance(error, ClientError)
    assert error.response["Error"]["Code"] == "RuntimeClientError"
    assert "was ended by SIGKILL; its last log line: waiting" in error.response["Error"]["Message"]


def test_an_agent_that_does_not_begin_its_reply_in_time_is_left_to_itself(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_plane, "REPLY_SECONDS", 0.3)
    runtime = stage.runtime({"main.py": PLAIN + WAITS + SERVE})
    session, until = new_id(), tmp_path / "until"

    with pytest.raises(ClientError, match=r"did not start its reply within 0\.3 s"):
        runtime.invoke({"until": str(until)}, session)
    until.touch()

    assert runtime.invoke({"until": str(until)}, session) == "done"


def test_a_session_that_is_used_rejects_another_request_until_it_has_replied(stage: Stage, tmp_path: Path) -> None:
    runtime = stage.runtime({"main.py": PLAIN + WAITS + SERVE})
    session, until = new_id(), tmp_path / "until"

    with ThreadPoolExecutor() as pool:
        first = pool.submit(runtime.invoke, {"until": str(until)}, session)
        wait_until(lambda: "waiting" in stage.log(), "the agent's work")
        second = rejected(runtime, session_id=session)
        until.touch()
        assert first.result(timeout=20) == "done"

    assert second[:2] == ("RetryableConflictException", 409)
    assert runtime.invoke({"until": str(until)}, session) == "done"


def test_requests_that_come_while_a_session_starts_wait_for_their_turn(stage: Stage, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    slow = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.01)\n"
    runtime = stage.runtime({"main.py": slow + PLAIN + SERVE})
    session = new_id()

    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(runtime.invoke, {"n": number}, session) for number in range(3)]
        wait_until(lambda: len(runtime.sessions()) == 1, "the session")
        assert runtime.sessions()[0]["status"] == "Starting"
        gate.touch()
        answers = [call.result(timeout=20) for call in calls]

    assert [answer["event"]["n"] for answer in answers] == [0, 1, 2]
    assert len({answer["pid"] for answer in answers}) == 1


def test_a_caller_that_leaves_does_not_end_the_session(
    stage: Stage, tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    runtime = stage.runtime({"main.py": PLAIN + WAITS + SERVE})
    session, until = new_id(), tmp_path / "until"
    headers = SIGNED | {"x-amzn-bedrock-agentcore-runtime-session-id": session}
    url = f"{runtime.url}/runtimes/{runtime.arn}/invocations"

    with pytest.raises(httpx.ReadTimeout):
        httpx.post(url, content=json.dumps({"until": str(until)}), headers=headers, timeout=httpx.Timeout(5, read=1))
    while_it_works = rejected(runtime, session_id=session)
    (before,) = runtime.sessions()
    until.touch()

    def answers() -> bool:
        try:
            return bool(runtime.invoke({"until": str(until)}, session) == "done")
        except ClientError:
            return False

    eventually(answers)
    assert while_it_works[0] == "RetryableConflictException"
    assert [listed["pid"] for listed in runtime.sessions()] == [before["pid"]]
