"""Agents with the protocols A2A and AG-UI: their ports and paths, their errors."""

import json
import time
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.sandbox.sidecar.stage import PLAIN, Runtime, Stage, new_id

A2A_SERVE = '\nThreadingHTTPServer(("0.0.0.0", 9000), Handler).serve_forever()\n'
A2A = (
    PLAIN
    + """
class Handler(Handler):
    def do_GET(self):
        if self.path == "/.well-known/agent-card.json":
            self.reply(200, {"name": "Adder", "url": os.environ["AGENTCORE_RUNTIME_URL"]})
        else:
            super().do_GET()

def handle(event, request):
    if event.get("method") == "break":
        return 500, {}
    result = {"path": request.path, "version": request.headers.get("A2A-Version"), "pid": os.getpid()}
    return 200, {"jsonrpc": "2.0", "id": event["id"], "result": result}
"""
    + A2A_SERVE
)

AGUI = (
    PLAIN
    + """
def handle(event, request):
    request.send_response(200)
    request.send_header("Content-Type", "text/event-stream")
    request.send_header("Connection", "close")
    request.end_headers()
    for kind in ("RUN_STARTED", "TEXT_MESSAGE_CONTENT", "RUN_FINISHED"):
        request.wfile.write(f"data: {json.dumps({'type': kind, 'threadId': event['threadId']})}\\n\\n".encode())
        request.wfile.flush()
        time.sleep(0.3)
    request.close_connection = True
    return 0, None

ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
"""
)


def called(runtime: Runtime, request: dict[str, Any], **headers: str) -> Any:  # noqa: ANN401  JSON
    """The reply to a JSON-RPC request that is sent as A2A's clients do: to the address with a slash at its end."""
    url = f"{runtime.url}/runtimes/{quote(runtime.arn, safe='')}/invocations/"
    given = {"Authorization": "AWS4-HMAC-SHA256 Credential=test", "Content-Type": "application/json", **headers}
    return httpx.post(url, json=request, headers=given, timeout=60).raise_for_status().json()


@pytest.fixture
def adder(stage: Stage) -> Runtime:
    return stage.runtime({"main.py": A2A}, described={"protocolConfiguration": {"serverProtocol": "A2A"}})


def test_an_a2a_agent_is_reached_at_its_root_and_shows_its_card(adder: Runtime) -> None:
    session_id = new_id()
    asked = {"jsonrpc": "2.0", "id": "r1", "method": "message/send", "params": {}}

    reply = adder.invoke(asked, session_id)
    again = called(adder, asked, **{"X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": session_id, "A2A-Version": "1.0"})
    card = adder.client.get_agent_card(agentRuntimeArn=adder.arn, runtimeSessionId=session_id)

    assert (reply["id"], reply["result"]["path"]) == ("r1", "/")
    assert again["result"] == {"path": "/", "version": "1.0", "pid": reply["result"]["pid"]}
    assert card["agentCard"] == {
        "name": "Adder",
        "url": f"http://127.0.0.1:9/runtimes/{quote(adder.arn, safe='')}/invocations/",
    }
    assert card["runtimeSessionId"] == session_id


@pytest.mark.parametrize(
    ("session_id", "method", "code"), [("short", "message/send", -32052), ("s" * 40, "break", -32055)]
)
def test_errors_of_an_a2a_agent_are_json_rpc(adder: Runtime, session_id: str, method: str, code: int) -> None:
    header = {"X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": session_id}

    reply = called(adder, {"jsonrpc": "2.0", "id": 7, "method": method}, **header)

    assert (reply["id"], reply["error"]["code"]) == (7, code)


def test_only_an_a2a_agent_has_a_card(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": AGUI})

    with pytest.raises(ClientError, match="uses HTTP; only A2A has cards"):
        runtime.client.get_agent_card(agentRuntimeArn=runtime.arn)


def test_events_of_an_ag_ui_agent_arrive_one_by_one(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": AGUI}, described={"protocolConfiguration": {"serverProtocol": "AGUI"}})
    payload = json.dumps({"threadId": "t1", "runId": "r1"}).encode()

    answer = runtime.client.invoke_agent_runtime(
        agentRuntimeArn=runtime.arn, runtimeSessionId=new_id(), payload=payload, accept="text/event-stream"
    )
    begin = time.monotonic()
    lines: Any = answer["response"].iter_lines()
    arrived = [(json.loads(line[6:])["type"], time.monotonic() - begin) for line in lines if line]

    assert answer["contentType"] == "text/event-stream"
    assert [kind for kind, _ in arrived] == ["RUN_STARTED", "TEXT_MESSAGE_CONTENT", "RUN_FINISHED"]
    # The agent pauses in between; a buffered reply would come at once.
    assert arrived[-1][1] > arrived[0][1]
