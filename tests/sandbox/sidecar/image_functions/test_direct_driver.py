"""Images that serve HTTP, without the web adapter: the app gets what the adapter would send."""

import base64
import json
from collections.abc import Callable

import pytest

from tests.sandbox.sidecar.image_functions.stage import Functions, ImageStage, http_event

Eventually = Callable[[Callable[[], bool]], None]


def test_a_reply_arrives_chunk_by_chunk(functions: Functions) -> None:
    with functions.call(http_event("/slow")) as answer:
        assert answer.next()["start"]["content_type"] == "application/vnd.awslambda.http-integration-response"
        assert json.loads(answer.piece().removesuffix(bytes(8)))["statusCode"] == 201
        assert answer.piece() == b"first"
        (functions.tree / "go").touch()
        answer.rest()

    head, body = answer.http
    assert head["headers"]["content-type"] == "text/event-stream"
    assert (body, answer.seen[-1]) == (b"firstlast", {"end": {}})


def test_an_http_event_becomes_the_request(functions: Functions) -> None:
    event = http_event(
        "/deep/p\u00e4th",
        "POST",
        rawQueryString="a=1&b=%20",
        headers={
            "Host": "url.lambda-url.on.aws",
            "X-Own": "yes",
            "content-length": "99",
            "connection": "close",
            "x-amzn-trace-id": "x",
        },
        cookies=["c=1", "d=2"],
        body=base64.b64encode(b"\x00\xff").decode(),
        isBase64Encoded=True,
    )

    answer = functions.invoke(event)

    told, head = answer.json, answer.http[0]
    assert (told["method"], told["target"]) == ("POST", "/deep/p%C3%A4th?a=1&b=%20")
    assert told["body"].encode("latin-1") == b"\x00\xff"
    headers = told["headers"]
    assert (headers["host"], headers["x-own"], headers["cookie"]) == ("url.lambda-url.on.aws", "yes", "c=1;d=2")
    assert headers["Content-Length"] == "2"
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert json.loads(headers["x-amzn-request-context"]) == event["requestContext"]
    context = json.loads(headers["x-amzn-lambda-context"])
    assert context["invoked_function_arn"].endswith(":function:app")
    assert context["deadline"] > 0
    assert head["cookies"] == ["a=1", "b=2"]


def test_any_other_event_is_posted_to_the_path_for_events(functions: Functions) -> None:
    told = functions.invoke({"run_id": "1"}, variables={"AWS_LWA_PASS_THROUGH_PATH": "/other"}).json

    assert (told["method"], told["target"], json.loads(told["body"])) == ("POST", "/other", {"run_id": "1"})
    assert told["headers"]["x-amzn-request-context"] == "null"
    assert told["headers"]["content-type"] == "application/json"


def test_an_event_that_cannot_be_sent_fails_the_invocation(functions: Functions) -> None:
    failed = functions.invoke(http_event("/echo", body="no base64", isBase64Encoded=True))

    assert failed.error["errorType"] == "HandlerError"
    assert "the event is no valid request" in failed.error["errorMessage"]
    assert functions.get("/echo")["pid"]


def test_a_status_that_stands_for_an_error_fails_the_invocation(functions: Functions) -> None:
    variables = {"AWS_LWA_ERROR_STATUS_CODES": "500-502,599"}

    failed = functions.invoke({"status": 599}, variables=variables)
    served = functions.invoke({"status": 503}, variables=variables)

    assert json.loads(failed.error["errorMessage"]) == {"statusCode": 599, "body": "it was so"}
    assert served.http[0]["statusCode"] == 503


def test_a_buffered_reply_is_an_object(functions: Functions) -> None:
    answer = functions.invoke(http_event("/ready"), variables={"AWS_LWA_INVOKE_MODE": "buffered"})

    reply = json.loads(answer.data)
    assert answer.seen[0]["start"]["content_type"] == "application/json"
    assert (reply["statusCode"], reply["body"], reply["isBase64Encoded"]) == (200, "ready", False)
    assert reply["cookies"] == ["a=1", "b=2"]


def test_an_app_that_dies_in_its_reply_ends_it_with_the_reason(functions: Functions) -> None:
    with functions.call(http_event("/dies")) as answer:
        answer.next()
        answer.next()
        assert answer.piece() == b"first"
        (functions.tree / "go").touch()
        answer.rest()

    assert answer.error["errorType"] == "Runtime.ExitError"
    assert answer.error["errorMessage"].endswith("exit status 3; its last log line: no memory left")
    assert functions.get("/echo")["pid"]


def test_a_reader_who_leaves_is_not_noticed_by_the_app(functions: Functions, eventually: Eventually) -> None:
    with functions.call(http_event("/slow")) as answer:
        answer.next()
    (functions.tree / "go").touch()

    eventually((functions.tree / "done").exists)


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        pytest.param(
            "raise SystemExit('no table is set')",
            "Runtime.ExitError",
            "Runtime exited with error: exit status 1; its last log line: no table is set",
            id="that ends",
        ),
        pytest.param(
            "print('waits for the database', flush=True); import time; time.sleep(60)",
            "Sandbox.Timedout",
            "its last log line: waits for the database",
            id="that serves nothing",
        ),
    ],
)
def test_an_app_that_does_not_start_fails_the_invocation(
    images: ImageStage, source: str, kind: str, message: str
) -> None:
    functions = images.functions({"app.py": source}, init_seconds=2)

    failed = functions.invoke(http_event())

    assert (failed.error["errorType"], message in failed.error["errorMessage"]) == (kind, True)
    assert not functions.environments()


def test_a_health_check_may_have_a_path_and_a_status_of_its_own(functions: Functions) -> None:
    variables = {"AWS_LWA_READINESS_CHECK_PATH": "/ready", "AWS_LWA_READINESS_CHECK_HEALTHY_STATUS": "200"}

    assert functions.get("/echo", variables=variables)["method"] == "GET"
    assert functions.get("/echo", variables={"AWS_LWA_READINESS_CHECK_PROTOCOL": "tcp"})["method"] == "GET"
