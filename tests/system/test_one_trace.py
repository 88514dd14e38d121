"""A run of each kind is one trace: one root, no span without its parent, and each span once."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from contract.workspaces import new_secret, secret_hash
from tests.system.background import events, put, wait_for_end
from tests.system.harness import EFFECT_QUESTION, Deployment, deployed, wait_for
from tests.system.workflow import ended, start

pytestmark = pytest.mark.sandbox

CONFIG = {
    "longrun:pollSeconds": "1",
    "longrun:inputTokenPrice": "3",
    "longrun:outputTokenPrice": "15",
    "longrun:streamImage": f"000000000000.dkr.ecr.us-east-1.amazonaws.com/longrun-stream@sha256:{'a' * 64}",
}
EFFECT = "Did the training programme raise earnings?"
STUDY = f"{EFFECT} Use the survey men as the comparison group."
CALLER = "b7ad6b7169203331"
"""The span of who starts a run, in a trace of its own."""

SHORT = ("invoke_agent", "MCP send tools/call", "tools/call", "execute_tool")

TREES = {
    "websocket": {
        "start": "",
        "run causal_analyst": "start",
        "MCP send tools/call": "execute_tool",
        "tools/call": "MCP send tools/call",
    },
    "stream": {"start": "", "run data_analyst": "start", "stream": "start"},
    "traced": {"run assistant": ""},
    "background": {
        "event": "",
        "workflow": "event",
        "event-door": "workflow",
        "invoker": "workflow",
        "InvokeAgentRuntime": "invoker",
        "step explorer": "InvokeAgentRuntime",
    },
    "workflow": {
        "workflow": "",
        "parse-initial-query": "workflow",
        "invoke-llm": "workflow",
        "invoke_agent": "invoke-llm",
        "dispatch-tool": "workflow",
        "execute_tool": "dispatch-tool",
        "append-tool-output": "workflow",
        "handle-finish": "workflow",
    },
}
"""Spans that a run of each kind has at least, and what is above them."""


@dataclass(frozen=True, slots=True)
class Run:
    run_id: str
    owner: str
    session: str


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("sandbox"), CONFIG) as running:
        running.model(token_ms=2, first_token_ms=2, faults=[])
        yield running


def signed(deployment: Deployment, url: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    sent = json.dumps(body).encode()
    request = AWSRequest("POST", url, {"content-type": "application/json", **headers}, sent)
    keys = deployment.state.keys
    SigV4Auth(Credentials(keys.key_id, keys.secret), "lambda", deployment.state.region).add_auth(request)
    answer = httpx.post(url, content=sent, headers=dict(request.headers), trust_env=False, timeout=120)
    return answer.raise_for_status()


def websocket(deployment: Deployment) -> Run:
    with deployment.ws() as socket:
        socket.send(action="start", question=EFFECT, agent="causal_analyst")
        run_id = socket.until_end()[0]["run_id"]
    return Run(run_id, "anonymous", run_id)


def stream(deployment: Deployment) -> Run:
    secret = new_secret()
    item = {"pk": "WORKSPACE#traced", "sk": "AGENT#data_analyst", "hash": secret_hash(secret), "created_at": "2026"}
    deployment.client("dynamodb").put_item(
        TableName=deployment.state.outputs["table_name"], Item={name: {"S": value} for name, value in item.items()}
    )
    url = f"{deployment.state.outputs['stream_url']}api/streams/traced/data_analyst/{secret}"
    asked = {"question": EFFECT_QUESTION, "session_id": "traced-session"}
    answer = signed(deployment, url, asked, traceparent=f"00-{uuid4().hex}-{CALLER}-00")
    assert "event: RUN_SUCCEEDED" in answer.text
    return Run(answer.headers["longrun-run-id"], "workspace:traced", "traced-session")


def traced(deployment: Deployment) -> Run:
    body = {"query": "What is the capital of France?", "session_id": "asked-session"}
    reply = signed(deployment, deployment.state.outputs["traced_url"], body).json()
    return Run(reply["run_id"], "arn:aws:iam::000000000000:root", "asked-session")


def background(deployment: Deployment) -> Run:
    run_id = put(deployment, traceparent=f"00-{uuid4().hex}-{CALLER}-01")
    wait_for_end(deployment, run_id)
    return Run(run_id, "anonymous", run_id)


def workflow(deployment: Deployment) -> Run:
    arn, run_id = start(deployment, {"query": {"text": STUDY}, "answers": ["regression_adjustment"]})
    assert ended(deployment, arn)["status"] == "SUCCEEDED"
    return Run(run_id, "anonymous", run_id)


KINDS = {"websocket": websocket, "stream": stream, "traced": traced, "background": background, "workflow": workflow}


def spans_of(deployment: Deployment, trace_id: str) -> list[dict[str, Any]]:
    listed = deployment.sidecar("GET", "/_longrun/traces")["traces"]
    if trace_id not in {trace["trace_id"] for trace in listed}:
        return []
    spans: list[dict[str, Any]] = deployment.sidecar("GET", f"/_longrun/traces/{trace_id}")["spans"]
    return spans


def short(name: str) -> str:
    """Without the name of the agent or the tool."""
    return next((kind for kind in SHORT if name.startswith(kind)), name)


def parents(spans: list[dict[str, Any]]) -> dict[str, set[str]]:
    """The names of spans, with those of the spans above them."""
    names = {span["span_id"]: short(span["name"]) for span in spans}
    found: dict[str, set[str]] = {}
    for span in spans:
        found.setdefault(short(span["name"]), set()).add(names.get(span["parent_id"], ""))
    return found


def roots(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {span["span_id"] for span in spans}
    return [span for span in spans if span["parent_id"] not in known]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_of_each_kind_is_one_tree(deployment: Deployment, kind: str) -> None:
    run = KINDS[kind](deployment)
    trace_id = str(events(deployment, run.run_id)[0]["data"]["trace_id"])
    expected = TREES[kind].keys() - {"event"}

    def has_all() -> bool:
        return expected <= {short(span["name"]) for span in spans_of(deployment, trace_id)}

    wait_for(has_all, f"the spans of {kind}: {sorted(expected)}")
    sent = spans_of(deployment, trace_id)
    assert [short(span["name"]) for span in roots(sent)] == [next(name for name in TREES[kind] if name != "event")]
    for span in sent:
        assert span["attributes"].get("run_id") == run.run_id, span["name"]
        assert span["attributes"].get("gen_ai.conversation.id") == run.session, span["name"]
    shown = longrun_trace(deployment, run)
    assert shown["trace_id"] == trace_id
    assert len(roots(shown["spans"])) == 1
    assert {span["span_id"] for span in sent} <= {span["span_id"] for span in shown["spans"]}
    found = parents(shown["spans"])
    for name, above in TREES[kind].items():
        assert above in found[name], name
    chats = [span["attributes"] for span in sent if span["name"] == "chat"]
    assert all(chat["gen_ai.provider.name"] and chat["gen_ai.usage.input_tokens"] > 0 for chat in chats)
    assert not [span["name"] for span in sent if "gen_ai.system" in span["attributes"]], "today's name is provider"
    assert not deployment.sidecar("GET", "/_longrun/traces")["repeated"], "each span is sent once"
    if kind == "workflow":
        assert_turns_have_their_cost(sent)


def longrun_trace(deployment: Deployment, run: Run) -> dict[str, Any]:
    words = [sys.executable, "-m", "cli", "trace", run.run_id, "--json", "--user", run.owner]
    words += ["--state", str(deployment.folder)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  our own command
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def assert_turns_have_their_cost(spans: list[dict[str, Any]]) -> None:
    turns = [span["attributes"] for span in spans if span["name"] == "invoke-llm"]
    assert turns
    for turn in turns:
        used = turn["longrun.usage.input_tokens"] * 3 + turn["longrun.usage.output_tokens"] * 15
        assert turn["longrun.cost.usd"] == pytest.approx(used / 1_000_000)
