import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from contract.errors import ErrorCode, RunError
from contract.limits import MAX_STREAM_BODY_BYTES
from contract.workspaces import SECRET_HEADER, WORKSPACE_HEADER
from runtime.environment import FAILED_EVENT_STATUS
from runtime.process.logs import capture_libraries
from tests.runtime.http.streaming.endpoint import (
    ARN,
    HTTP_CONTEXT,
    RUN_ID,
    Endpoint,
    logged,
    memory_endpoint,
)

JSON = {"content-type": "application/json"}
START = json.dumps({"question": "Why?", "run_id": RUN_ID})


def test_the_health_needs_no_secret_and_calls_nothing(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    response = endpoint.client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert endpoint.workspaces.reads == []
    assert capsys.readouterr().out == ""


def test_an_address_that_ends_with_a_slash_may_stand_before_a_path(endpoint: Endpoint) -> None:
    with endpoint.live() as client:
        replies = [client.get(f"{client.base_url}{path}") for path in ("/healthz", "//healthz", "/api//healthz")]

    assert [reply.status_code for reply in replies] == [200, 200, 404]


def test_what_is_unknown_and_what_is_wrong_look_the_same(endpoint: Endpoint) -> None:
    paths = {
        "workspace": f"/api/streams/nobody/first/{endpoint.secret}",
        "agent": f"/api/streams/acme/third/{endpoint.secret}",
        "secret": "/api/streams/acme/first/wrong",
        "secret of another agent": f"/api/streams/acme/first/{endpoint.second_secret}",
        "hash in place of the secret": f"/api/streams/acme/first/{endpoint.workspaces.stored['acme']['first']}",
    }

    replies = [endpoint.client.post(path, content=START, headers=JSON) for path in paths.values()]

    assert {(reply.status_code, reply.text) for reply in replies} == {(404, replies[0].text)}
    assert replies[0].json()["code"] == "NOT_OWNER"
    assert {str(sorted(reply.headers.items())) for reply in replies} == {str(sorted(replies[0].headers.items()))}
    assert len(endpoint.workspaces.reads) == len(paths), "each costs the same"
    assert endpoint.journal.heads == {}


@pytest.mark.parametrize("known", ["acme", "nobody"])
def test_who_asks_for_a_run_with_a_wrong_secret_learns_nothing_of_it(endpoint: Endpoint, known: str) -> None:
    endpoint.accept()
    headers = {WORKSPACE_HEADER: known, SECRET_HEADER: "wrong"}

    replies = [endpoint.client.get(f"/api/runs/{run}", headers=headers) for run in (RUN_ID, f"{RUN_ID[:-1]}f", "no-id")]

    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.text for reply in replies}) == 1


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "empty"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[1]", "JSON array"),
        ('"x"', "JSON string"),
        ("{}", "question is missing"),
        ('{"question": 1}', "JSON number"),
        ('{"question": " "}', "question is empty"),
        ('{"question": "Why?", "qestion": 1}', "qestion"),
        ('{"question": "Why?", "run_id": "1"}', "not a UUID"),
        ('{"question": "Why?", "session_id": "a b"}', "session_id"),
        ('{"question": "Why?", "if_busy": "wait"}', "if_busy"),
        ('{"question": "Why?", "answers": "yes"}', "answers"),
        ('{"question": "Why?", "after": -1}', "after"),
    ],
    ids=lambda given: given[:40],
)
def test_a_body_that_is_not_valid_is_rejected_with_the_reason(endpoint: Endpoint, body: str, sentence: str) -> None:
    response = endpoint.client.post(endpoint.path, content=body, headers=JSON)

    assert (response.status_code, response.json()["code"]) == (400, "INVALID_REQUEST")
    assert sentence in response.json()["error"]
    assert endpoint.journal.heads == {}


@pytest.mark.parametrize("query", [{}, {"question": ""}, {"question": "Why?", "secret": "x"}, {"run_id": RUN_ID[1:]}])
def test_a_query_that_is_not_valid_is_rejected(endpoint: Endpoint, query: dict[str, str]) -> None:
    response = endpoint.client.get(endpoint.path, params=query)

    assert (response.status_code, response.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("given", ["x", "-1", "1.0", "٣", "9" * 11, "9" * 5_000], ids=lambda given: given[:12])
@pytest.mark.parametrize("place", ["header", "query"])
def test_an_event_id_that_is_no_number_of_an_event_is_rejected(endpoint: Endpoint, given: str, place: str) -> None:
    endpoint.accept()
    headers = {b"last-event-id": given.encode()} if place == "header" else {}
    params = {"run_id": RUN_ID} | ({} if place == "header" else {"after": given})

    response = endpoint.client.get(endpoint.path, params=params, headers=headers)

    assert (response.status_code, response.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "media_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
def test_an_unsupported_media_type_is_rejected(endpoint: Endpoint, media_type: str | None) -> None:
    headers = {} if media_type is None else {"content-type": media_type}

    response = endpoint.client.post(endpoint.path, content=START.encode(), headers=headers)

    assert (response.status_code, response.json()["code"]) == (415, "INVALID_REQUEST")
    assert endpoint.journal.heads == {}


def test_the_media_type_may_name_its_charset(endpoint: Endpoint) -> None:
    headers = {"content-type": "Application/JSON; charset=UTF-8"}

    assert endpoint.client.post(endpoint.path, content=START, headers=headers).status_code == 200


@pytest.mark.parametrize("is_chunked", [False, True], ids=["with a length", "in chunks"])
def test_a_body_over_the_limit_is_rejected(is_chunked: bool) -> None:
    endpoint = memory_endpoint()
    body = b" " * MAX_STREAM_BODY_BYTES + START.encode()

    with endpoint.live() as client:
        content: Any = iter([body[:1000], body[1000:]]) if is_chunked else body
        response = client.post(endpoint.path, content=content, headers=JSON)

    assert (response.status_code, response.json()["code"]) == (413, "INVALID_REQUEST")
    assert endpoint.journal.heads == {}


def test_a_body_at_the_limit_is_taken(endpoint: Endpoint) -> None:
    body = START.ljust(MAX_STREAM_BODY_BYTES)

    assert endpoint.client.post(endpoint.path, content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api", "/api/streams/acme/first", "/api/runs", "/healthz/", "/favicon.ico"])
def test_a_path_without_anything_is_not_found_in_json(endpoint: Endpoint, path: str) -> None:
    response = endpoint.client.get(path, follow_redirects=False)

    assert response.status_code == 404
    assert response.json() == {"error": "There is nothing at this path.", "code": "INVALID_REQUEST"}


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/api/streams/a/b/c"), ("GET", f"/api/runs/{RUN_ID}/cancel"), ("POST", "/healthz")]
)
def test_a_method_that_a_path_does_not_take_is_rejected_in_json(endpoint: Endpoint, method: str, path: str) -> None:
    response = endpoint.client.request(method, path)

    assert response.status_code == 405
    assert response.headers["allow"]
    assert response.json()["code"] == "INVALID_REQUEST"


def test_an_internal_error_tells_nothing_but_its_log_does(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_workspace_id: str) -> None:
        raise ValueError("the table is on fire")

    monkeypatch.setattr(endpoint.workspaces, "hashes", fail)

    response = endpoint.start()

    assert (response.status_code, response.json()["code"]) == (500, "INTERNAL")
    assert "fire" not in response.text
    output = capsys.readouterr().out
    failed = next(line for line in logged(output) if line["event"] == "http.failed")
    assert "the table is on fire" in failed["traceback"]
    assert endpoint.secret not in output


def test_a_throttled_journal_asks_its_callers_to_wait(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttle(_run: object) -> None:
        raise RunError(ErrorCode.THROTTLED, "The run journal takes no more requests now.")

    monkeypatch.setattr(endpoint.journal, "accept", throttle)

    response = endpoint.start()

    assert (response.status_code, response.json()["code"], response.headers["retry-after"]) == (429, "THROTTLED", "1")


def test_no_line_of_the_log_has_a_secret_or_a_path_with_one(
    endpoint: Endpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    capture_libraries()
    secret, wrong = endpoint.secret, "a-wrong-secret-of-somebody"
    with endpoint.live() as client:
        for path in (
            endpoint.path,
            f"{endpoint.path}/",
            f"/api/streams/acme/first/{wrong}",
            f"/{secret}",
            f"//{secret}",
        ):
            client.post(path, content=START, headers=JSON)
            client.get(path, params={"question": "Why?", wrong: secret})
            client.put(path)
        client.post(endpoint.path, content=json.dumps({"question": secret, secret: secret}), headers=JSON)
        client.post(endpoint.path, content=secret, headers={"content-type": secret})
        client.get(f"/api/runs/{secret}", headers=endpoint.credentials)
        client.get(f"/api/runs/{RUN_ID}", headers={**endpoint.credentials, SECRET_HEADER: wrong})
        client.post(f"/api/runs/{RUN_ID}/answer", content=secret, headers={**endpoint.credentials, **JSON})

    out, err = capfd.readouterr()
    assert secret not in out + err
    assert wrong not in out + err
    routes = {line["route"] for line in logged(out)}
    assert routes >= {"/api/streams/{workspace_id}/{agent_id}/{secret}", "/api/runs/{run_id}", "(unknown)"}
    assert err == ""


def test_each_request_leaves_one_line(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    endpoint.start()
    endpoint.client.get(f"/api/runs/{RUN_ID}", headers=endpoint.credentials)

    stream, status = logged(capsys.readouterr().out)
    assert (stream["event"], stream["method"], stream["status"]) == ("http.served", "POST", 200)
    assert (stream["run_id"], stream["events"]) == (RUN_ID, 1)
    assert (status["route"], status["status"]) == ("/api/runs/{run_id}", 200)


ORIGIN = {"origin": "https://app.example.com"}
PREFLIGHT = {**ORIGIN, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}


def test_browsers_of_an_allowed_origin_may_use_the_endpoint() -> None:
    endpoint = memory_endpoint(origins=("https://app.example.com",))

    preflight = endpoint.client.options(endpoint.path, headers=PREFLIGHT)
    response = endpoint.client.post(endpoint.path, content=START, headers={**JSON, **ORIGIN})
    problem = endpoint.client.post(endpoint.path, content="{", headers={**JSON, **ORIGIN})

    assert preflight.status_code == 200
    assert "POST" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("content-type", "last-event-id", "longrun-workspace", "longrun-secret"))
    for reply in (preflight, response, problem):
        assert reply.headers["access-control-allow-origin"] == "https://app.example.com"
    assert response.headers["access-control-expose-headers"] == "longrun-run-id"


@pytest.mark.parametrize("origins", [(), ("https://other.example.com",)])
def test_browsers_of_another_origin_may_not(origins: tuple[str, ...]) -> None:
    endpoint = memory_endpoint(origins=origins)

    preflight = endpoint.client.options(endpoint.path, headers=PREFLIGHT)
    response = endpoint.client.post(endpoint.path, content=START, headers={**JSON, **ORIGIN})

    assert preflight.status_code in {400, 405}
    assert "access-control-allow-origin" not in {**preflight.headers, **response.headers}


@pytest.mark.parametrize("context", [{}, {"x-amzn-request-context": "null"}], ids=["none", "null, as the adapter's"])
def test_an_event_of_lambdas_is_executed(endpoint: Endpoint, context: dict[str, str]) -> None:
    headers = endpoint.event_headers() | context
    response = endpoint.client.post("/events", content=b'{"run_id": "r"}', headers=headers)

    assert (response.status_code, response.json()) == (200, {})
    ((body, invocation),) = endpoint.events.bodies
    assert (body, invocation.function_arn) == (b'{"run_id": "r"}', ARN)
    assert 0 < invocation.seconds_left <= 600


def test_an_event_that_was_not_executed_fails_its_invocation(endpoint: Endpoint) -> None:
    endpoint.events.works = False

    response = endpoint.client.post("/events", content=b"{}", headers=endpoint.event_headers())

    assert response.status_code == FAILED_EVENT_STATUS


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize(
    "context",
    [None, HTTP_CONTEXT, "{}", "x"],
    ids=["without Lambda", "with the context of a request", "with an empty context", "with a malformed context"],
)
def test_an_event_from_outside_finds_nothing(endpoint: Endpoint, method: str, context: str | None) -> None:
    headers = {} if context is None else {**endpoint.event_headers(), "x-amzn-request-context": context}

    response = endpoint.client.request(method, "/events", content=b'{"run_id": "r"}', headers=headers)

    assert response.status_code == 404
    assert response.json() == {"error": "There is nothing at this path.", "code": "INVALID_REQUEST"}
    assert endpoint.events.bodies == []


def test_an_event_from_another_machine_finds_nothing(endpoint: Endpoint) -> None:
    client = TestClient(endpoint.app, client=("10.0.0.7", 50_000))

    assert client.post("/events", content=b"{}", headers=endpoint.event_headers()).status_code == 404
    assert endpoint.events.bodies == []
