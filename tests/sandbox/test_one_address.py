"""Bedrock and AgentCore at the emulator's address, in a real sandbox."""

import io
import json
import socket
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
import websockets
from bedrock_agentcore.runtime import AgentCoreRuntimeClient
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from contract.sandbox_access import HEADER
from tests.sandbox.clients import client, keys_of
from tests.sandbox.harness import Emulator

pytestmark = pytest.mark.sandbox

PYTHON = f"PYTHON_{sys.version_info.major}_{sys.version_info.minor}"
MODEL = "us.anthropic.claude-sonnet-4-6"
ROLE = "arn:aws:iam::000000000000:role/agent"
BUCKET = "one-address-code"
HELLO = [{"role": "user", "content": [{"text": "Hello"}]}]

AGENT = """
import asyncio, http, json
from websockets.asyncio.server import serve
from websockets.http11 import Response
from websockets.datastructures import Headers

def handle_http(connection, request):
    if request.path == "/ping":
        return connection.respond(http.HTTPStatus.OK, '{"status": "Healthy"}')

async def echo(connection):
    async for message in connection:
        if message == "bye":
            await connection.close(4001, "asked to")
        else:
            await connection.send(message)

async def main():
    async with serve(echo, "0.0.0.0", 8080, process_request=handle_http):
        await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""


def uploaded(emulator: Emulator, key: str, files: Mapping[str, str]) -> dict[str, Any]:
    """Uploads a package with the files and the package websockets; gives its place."""
    buffer = io.BytesIO()
    library = Path(websockets.__file__).parent
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text in files.items():
            package.writestr(name, text)
        for file in library.rglob("*.py"):
            package.write(file, Path("websockets") / file.relative_to(library))
    s3 = client(emulator.state.endpoint, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())
    return {"s3": {"bucket": BUCKET, "prefix": key}}


def called(endpoint: str, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401  httpx's
    """The answer to a request that shows the sandbox's secret in a header."""
    headers = {HEADER: keys_of(endpoint).secret, **request.pop("headers", {})}
    return httpx.request(method, endpoint + path, headers=headers, trust_env=False, **request)


def settings(name: str, code: Mapping[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401  the API's
    artifact = {"codeConfiguration": {"runtime": PYTHON, "entryPoint": ["main.py"], "code": code} | more.pop("own", {})}
    return {
        "agentRuntimeName": name,
        "agentRuntimeArtifact": artifact,
        "roleArn": ROLE,
        "networkConfiguration": {"networkMode": "PUBLIC"},
        **more,
    }


def test_a_models_stream_arrives_while_it_is_made(emulator: Emulator) -> None:
    bedrock = client(emulator.state.endpoint, "bedrock-runtime")

    stream = bedrock.converse_stream(modelId=MODEL, messages=HELLO)["stream"]
    arrived = [(next(iter(event)), time.monotonic()) for event in stream]
    whole = bedrock.converse(modelId=MODEL, messages=HELLO)
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    chunks = bedrock.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(body))["body"]
    kinds = [json.loads(event["chunk"]["bytes"])["type"] for event in chunks]
    counted = bedrock.count_tokens(modelId=MODEL, input={"converse": {"messages": HELLO}})

    assert arrived[0][0] == "messageStart"
    # The scripted model takes 20 ms for each token: a reply that was kept to its end would arrive at once.
    assert arrived[-1][1] - arrived[0][1] > 0.02
    assert "scripted model" in whole["output"]["message"]["content"][0]["text"]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    assert counted["inputTokens"] == whole["usage"]["inputTokens"]


def test_what_is_not_there_is_no_invented_success(emulator: Emulator) -> None:
    endpoint = emulator.state.endpoint
    guarded = {
        "guardrailIdentifier": "g",
        "guardrailVersion": "1",
        "source": "INPUT",
        "content": [{"text": {"text": "a"}}],
    }
    calls: list[Callable[[], object]] = [
        lambda: client(endpoint, "bedrock-runtime").apply_guardrail(**guarded),
        lambda: client(endpoint, "bedrock").list_guardrails(),
        lambda: client(endpoint, "bedrock-agent").list_agents(),
        lambda: client(endpoint, "bedrock-agentcore-control").list_gateways(),
    ]

    for call in calls:
        with pytest.raises(ClientError) as rejected:
            call()
        assert rejected.value.response["Error"]["Code"] == "UnknownOperationException"
    openai = called(endpoint, "POST", "/v1/chat/completions", json={"model": "m", "messages": HELLO})
    assert openai.status_code == 404


def test_a_memory_keeps_events_and_does_not_promise_more(emulator: Emulator) -> None:
    endpoint = emulator.state.endpoint
    control, data = client(endpoint, "bedrock-agentcore-control"), client(endpoint, "bedrock-agentcore")
    token = "t" * 40
    strategies = [{"summaryMemoryStrategy": {"name": "summary"}}]

    memory = control.create_memory(name="short", eventExpiryDuration=7, clientToken=token)["memory"]["id"]
    said = [{"conversational": {"role": "USER", "content": {"text": "hello"}}}]
    data.create_event(memoryId=memory, actorId="ada", sessionId="s1", eventTimestamp=time.time(), payload=said)
    listed = data.list_events(memoryId=memory, actorId="ada", sessionId="s1", includePayloads=True)["events"]
    with pytest.raises(ClientError, match="extracts no long-term records"):
        control.create_memory(name="long", eventExpiryDuration=7, clientToken=token, memoryStrategies=strategies)

    assert [event["payload"] for event in listed] == [said]


def test_a_runtime_that_could_not_run_is_not_created(emulator: Emulator) -> None:
    control = client(emulator.state.endpoint, "bedrock-agentcore-control")
    code = uploaded(emulator, "checked.zip", {"main.py": AGENT})
    missing = {"s3": {"bucket": BUCKET, "prefix": "missing.zip"}}
    text = {"s3": {"bucket": BUCKET, "prefix": "text.zip"}}
    client(emulator.state.endpoint, "s3").put_object(Bucket=BUCKET, Key="text.zip", Body=b"text")
    image = {"containerConfiguration": {"containerUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/agent:1"}}
    wrong: dict[str, dict[str, Any]] = {
        "missing.zip does not exist; upload it first.": settings("a", missing),
        "text.zip is no zip that can be unpacked (File is not a zip file)": settings("a", text),
        "entryPoint is other.py, but s3://": settings("a", code, own={"entryPoint": ["other.py"]}),
        "the code is for PYTHON_3_99, but this machine": settings("a", code, own={"runtime": "PYTHON_3_99"}),
        "images do not run without Docker": settings("a", code, agentRuntimeArtifact=image),
        "serverProtocol is 'SOAP'": settings("a", code, protocolConfiguration={"serverProtocol": "SOAP"}),
        "more than the maxLifetime of 100": settings(
            "a", code, lifecycleConfiguration={"idleRuntimeSessionTimeout": 200, "maxLifetime": 100}
        ),
    }
    made = control.create_agent_runtime(**settings("checked", code))["agentRuntimeId"]

    for message, arguments in wrong.items():
        with pytest.raises(ClientError) as rejected:
            control.create_agent_runtime(**arguments)
        assert rejected.value.response["Error"]["Code"] == "ValidationException"
        assert message in rejected.value.response["Error"]["Message"]
        del arguments["agentRuntimeName"]
        with pytest.raises(ClientError, match="ValidationException"):
            control.update_agent_runtime(agentRuntimeId=made, **arguments)

    assert control.get_agent_runtime(agentRuntimeId=made)["agentRuntimeVersion"] == "1"


def test_an_agents_socket_is_open_at_the_same_address(emulator: Emulator) -> None:
    endpoint = urlsplit(emulator.state.endpoint)
    control = client(emulator.state.endpoint, "bedrock-agentcore-control")
    data = client(emulator.state.endpoint, "bedrock-agentcore")
    code = uploaded(emulator, "echo.zip", {"main.py": AGENT})
    arn = control.create_agent_runtime(**settings("echo", code))["agentRuntimeArn"]
    session_id = str(uuid.uuid4())
    keys = keys_of(emulator.state.endpoint)
    signer = AgentCoreRuntimeClient(
        "us-east-1", session=boto3.Session(keys.key_id, keys.secret, region_name="us-east-1")
    )

    def opened(target: str) -> Any:  # noqa: ANN401  a connection
        url = signer.generate_presigned_url(target, session_id=session_id).replace("wss:", "ws:")
        return connect(url, sock=socket.create_connection((endpoint.hostname, endpoint.port)), open_timeout=60)

    with opened(arn) as connection:
        connection.send("hello")
        text = connection.recv(30)
        connection.send(b"\x00\xff")
        data_frame = connection.recv(30)
        connection.send("bye")
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(30)
    with pytest.raises(InvalidStatus) as refused:
        opened(f"{arn}x")
    stopped = data.stop_runtime_session(agentRuntimeArn=arn, runtimeSessionId=session_id)

    assert (text, data_frame) == ("hello", b"\x00\xff")
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "asked to")
    assert refused.value.response.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert stopped["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_stream_of_an_mcp_client_is_not_allowed(emulator: Emulator) -> None:
    path = "/runtimes/arn%3Aaws%3Aruntime%2Fa/invocations"
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20261130/us-east-1/bedrock-agentcore/aws4_request"}

    answers = [called(emulator.state.endpoint, method, path, headers=signed) for method in ("GET", "DELETE")]

    assert [answer.status_code for answer in answers] == [405, 405]
