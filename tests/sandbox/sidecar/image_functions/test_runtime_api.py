"""Images with a runtime of their own, and the web adapter beside an app: both ask the Runtime API for events."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.sidecar.image_functions.function import FunctionError, Invocation
from sandbox.sidecar.image_functions.runtime_api import RuntimeApi
from sandbox.sidecar.image_functions.runtime_exchanges import Exchanges
from tests.sandbox.harness import is_alive
from tests.sandbox.sidecar.image_functions.runtimes import ADAPTER, FAILS_AT_INIT, OWN
from tests.sandbox.sidecar.image_functions.stage import Functions, ImageStage, http_event

GENUINE = os.environ.get("LONGRUN_WEB_ADAPTER", "")
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def own(images: ImageStage) -> Functions:
    """A function whose image has a runtime of its own."""
    return images.functions({"app.py": OWN})


def test_a_runtime_gets_the_event_with_what_lambda_tells_of_it(own: Functions, eventually: Eventually) -> None:
    answer = own.invoke({"do": "tell"})

    told = json.loads(answer.data)
    assert (told["event"], told["arn"]) == ({"do": "tell"}, "arn:aws:lambda:us-east-1:000000000000:function:app")
    assert told["deadline"] > 0
    eventually(lambda: "accepted 202" in own.log())


def test_a_streamed_response_arrives_piece_by_piece(own: Functions) -> None:
    with own.call({"do": "stream"}) as answer:
        assert answer.next() == {"start": {"content_type": "application/json"}}
        assert answer.piece() == b"first"
        (own.tree / "go").touch()
        answer.rest()

    assert (answer.data, answer.seen[-1]) == (b"firstlast", {"end": {}})


@pytest.mark.parametrize(
    ("what", "kind", "message"),
    [
        ("trail", "Own.Error", "in the middle"),
        ("truncate", "Runtime.TruncatedResponse", "the response ended in the middle"),
        ("fail", "Own.Error", "no such table"),
    ],
)
def test_an_error_that_a_runtime_reports_fails_the_invocation(
    own: Functions, what: str, kind: str, message: str
) -> None:
    failed = own.invoke({"do": what})

    assert failed.error == {"errorType": kind, "errorMessage": message}
    assert failed.data == (b"" if what == "fail" else b"half")
    assert json.loads(own.invoke({"do": "tell"}).data)["event"] == {"do": "tell"}


def test_a_runtime_that_ends_fails_the_invocation(own: Functions) -> None:
    pid = json.loads(own.invoke({"do": "tell"}).data)["pid"]

    failed = own.invoke({"do": "exit"})

    assert failed.error["errorType"] == "Runtime.ExitError"
    assert failed.error["errorMessage"].endswith("exit status 4; its last log line: gives up")
    assert not is_alive(pid)


async def ask(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A request for an event, which is open."""
    place, _, path = address.partition("/")
    reader, writer = await asyncio.open_connection(*place.split(":"))
    writer.write(f"GET /{path}/2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
    return reader, writer


def test_an_event_is_not_given_to_a_request_that_was_left() -> None:
    async def given_after_one_has_left() -> bytes:
        api, exchanges = RuntimeApi(), Exchanges("app", "$LATEST")
        address = await api.add(exchanges)
        _, left = await ask(address)
        await exchanges.asked
        left.close()
        await left.wait_closed()
        reader, writer = await ask(address)
        invoking = asyncio.create_task(exchanges.invoke(Invocation("1", b"the event", "arn", "Root=1", 0)))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"lambda-runtime-aws-request-id: 1" in head.lower()
        event = await reader.readexactly(len(b"the event"))
        await api.close()
        with pytest.raises(FunctionError, match="Runtime exited"):
            await invoking
        writer.close()
        return event

    assert asyncio.run(asyncio.wait_for(given_after_one_has_left(), 20)) == b"the event"


@pytest.mark.parametrize("own_port", [False, True], ids=["shared port", "port of its own"])
def test_a_runtime_that_waits_for_an_event_is_disconnected_at_the_end(
    caplog: pytest.LogCaptureFixture, own_port: bool
) -> None:
    async def read_after_the_end() -> bytes:
        api, exchanges = RuntimeApi(), Exchanges("app", "$LATEST")
        address = await api.add(exchanges, own_port=own_port)
        reader, writer = await ask(address)
        await exchanges.asked
        api.remove(address)
        received = await reader.read()
        writer.close()
        await api.close()
        return received

    assert asyncio.run(asyncio.wait_for(read_after_the_end(), 20)) == b""
    assert caplog.records == []


def test_an_error_of_the_initialization_fails_the_invocation(images: ImageStage) -> None:
    functions = images.functions({"app.py": FAILS_AT_INIT})

    assert functions.invoke({}).error == {"errorType": "Own.Init", "errorMessage": "no model"}


def test_requests_that_belong_to_no_environment_or_invocation_are_refused(own: Functions) -> None:
    assert json.loads(own.invoke({"do": "probe"}).data) == {"foreign": 403, "unknown": 400, "nothing": 404}


def test_the_adapter_runs_beside_the_app_and_ends_with_it(
    images: ImageStage, tmp_path: Path, eventually: Eventually
) -> None:
    adapter = tmp_path / "adapter"
    adapter.write_text(ADAPTER.replace("PYTHON", sys.executable))
    adapter.chmod(0o755)
    functions = images.functions(web_adapter=str(adapter))

    answer = functions.invoke({"path": "/echo"})
    ((_, beside),) = [one["pids"] for one in functions.environments()]
    os.kill(answer.json["pid"], signal.SIGKILL)
    eventually(lambda: [one["pids"] for one in functions.environments()] == [[beside]])

    assert answer.http[0]["headers"] == {"x-function": "app"}
    assert functions.invoke({"path": "/echo"}).json["pid"] != answer.json["pid"]
    eventually(lambda: not is_alive(beside))


def test_an_adapter_that_ends_fails_the_invocation(images: ImageStage, tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    adapter.write_text("#!/bin/sh\necho libgcc_s.so.1 is missing\nexit 127\n")
    adapter.chmod(0o755)

    failed = images.functions(web_adapter=str(adapter)).invoke({})

    assert failed.error == {
        "errorType": "Extension.Crash",
        "errorMessage": "The web adapter exited with error: exit status 127; its last log line: libgcc_s.so.1 is "
        "missing",
    }


@pytest.mark.skipif(not GENUINE, reason="LONGRUN_WEB_ADAPTER names no web adapter")
def test_the_genuine_adapter_streams_the_reply_of_the_app(images: ImageStage) -> None:
    functions = images.functions(web_adapter=GENUINE)
    event = http_event("/slow", headers={"host": "url.lambda-url.us-east-1.on.aws"})
    event["requestContext"] |= {
        "accountId": "anonymous",
        "apiId": "url",
        "domainName": "url.lambda-url.us-east-1.on.aws",
        "domainPrefix": "url",
        "routeKey": "$default",
        "stage": "$default",
        "time": "30/Nov/2026:12:00:00 +0000",
        "timeEpoch": 1796040000000,
    }
    event["requestContext"]["http"] |= {"protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
    event |= {"routeKey": "$default", "isBase64Encoded": False}

    with functions.call(event) as answer:
        answer.next()
        while not answer.data.endswith(b"first"):
            answer.next()
        (functions.tree / "go").touch()
        answer.rest()
    posted = functions.invoke({"number": 1, "status": 599}, variables={"AWS_LWA_ERROR_STATUS_CODES": "599"})

    assert (answer.http[0]["statusCode"], answer.http[1]) == (201, b"firstlast")
    assert json.loads(posted.error["errorMessage"]) == {"statusCode": 599, "body": "it was so"}
