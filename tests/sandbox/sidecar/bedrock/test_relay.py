"""The relay between boto3 or a Strands agent and a server that speaks OpenAI's protocol."""

import gc
import json
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from strands import Agent, tool

from runtime.engine.failures import CutStreamError
from runtime.engine.model.guard import ModelGuard

MODEL_ID = "us.anthropic.claude-sonnet-4-6"
ASKED: Any = [{"role": "user", "content": [{"text": "How many?"}]}]

Connect = Callable[[str], BedrockRuntimeClient]


def _text(*pieces: str, finish: str = "stop") -> list[dict[str, Any]]:
    deltas = [{"choices": [{"delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
    return [*deltas, {"choices": [{"delta": {}, "finish_reason": finish}]}]


def _call(index: int, name: str, *arguments: str) -> list[dict[str, Any]]:
    begin = {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": ""}}
    pieces = [{"index": index, "function": {"arguments": piece}} for piece in arguments]
    return [{"choices": [{"delta": {"tool_calls": [call]}, "finish_reason": None}]} for call in (begin, *pieces)]


@dataclass
class ChatServer:
    """A server of the protocol that gives prepared answers and keeps what it was asked."""

    answers: list[list[dict[str, Any]]] = field(default_factory=list)
    rejection: Response | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def app(self) -> Starlette:
        routes = [
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
            Route("/v1/models", self._models),
        ]
        return Starlette(routes=routes)

    async def _models(self, _: Request) -> Response:
        return JSONResponse({"data": [{"id": "small-model"}]})

    async def _complete(self, request: Request) -> Response:
        self.requests.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        return self.rejection or StreamingResponse(_lines(self.answers.pop(0)), media_type="text/event-stream")


async def _lines(chunks: list[dict[str, Any]]) -> AsyncIterator[str]:
    for chunk in chunks:
        yield f"data: {json.dumps(chunk)}\n\n"
    yield "data: [DONE]\n\n"


@pytest.fixture
def server() -> ChatServer:
    return ChatServer()


@pytest.fixture
def relay(server: ChatServer, serve: Callable[[Starlette], str], sidecar: Callable[..., str]) -> Callable[..., str]:
    return lambda **settings: sidecar(model_url=serve(server.app()), **settings)


def test_text_is_streamed_through_with_the_servers_usage(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect
) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}}
    server.answers = [[*_text("There", " are", " 185."), usage]]

    events: list[Any] = list(bedrock(relay()).converse_stream(modelId=MODEL_ID, messages=ASKED)["stream"])

    deltas = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert deltas == ["There", " are", " 185."]
    assert events[-2]["messageStop"]["stopReason"] == "end_turn"
    assert events[-1]["metadata"]["usage"] == {"inputTokens": 11, "outputTokens": 3, "totalTokens": 14}


def test_a_strands_agent_calls_real_tools_through_the_relay(
    server: ChatServer, relay: Callable[..., str], analyst: Callable[..., Agent]
) -> None:
    query = '{"query": "SELECT COUNT(*) AS men FROM nsw"}'
    # The finish reason of the first answer is the wrong one that some servers give.
    calls = [*_text("I will count.")[:1], *_call(0, "run_sql", query[:9], query[9:]), *_call(1, "list_tables", "{}")]
    server.answers = [[*calls, *_text(finish="stop")], _text("445 men.")]

    answer = str(analyst(relay())("How many?"))

    assert answer == "445 men.\n"
    first, second = server.requests
    assert [tool["function"]["name"] for tool in first["tools"]] == ["list_tables", "describe_table", "run_sql"]
    assert first["tools"][2]["function"]["parameters"]["required"] == ["query"]
    roles = [message["role"] for message in second["messages"]]
    assert roles == ["user", "assistant", "tool", "tool"]
    assert second["messages"][1]["content"] == "I will count."
    assert second["messages"][1]["tool_calls"][0]["function"] == {"name": "run_sql", "arguments": query}
    assert [message["tool_call_id"] for message in second["messages"][2:]] == ["call_0", "call_1"]
    assert json.loads(second["messages"][2]["content"])["rows"] == [[445]]


def test_limits_system_text_and_tool_choice_reach_the_server(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect
) -> None:
    server.answers = [_text("Yes.", finish="length")]
    tools: Any = {
        "tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}],
        "toolChoice": {"any": {}},
    }

    answer = bedrock(relay(model_name="chosen")).converse(
        modelId=MODEL_ID,
        messages=ASKED,
        system=[{"text": "Be brief."}],
        toolConfig=tools,
        inferenceConfig={"maxTokens": 5, "temperature": 0.0, "topP": 0.5, "stopSequences": ["END"]},
    )

    (request,) = server.requests
    assert answer["stopReason"] == "max_tokens"
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    wanted = {"model": "chosen", "max_tokens": 5, "temperature": 0.0, "top_p": 0.5, "stop": ["END"], "stream": True}
    assert wanted.items() <= request.items()
    assert request["tool_choice"] == "required"


def test_an_image_and_a_failed_tool_are_put_in_the_servers_terms(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect
) -> None:
    server.answers = [_text("Seen.")]
    messages: list[Any] = [
        {"role": "user", "content": [{"text": "Look"}, {"image": {"format": "png", "source": {"bytes": b"PNG"}}}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "a", "name": "look", "input": {"x": 1}}}]},
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "no"}], "status": "error"}}],
        },
    ]
    tools: Any = {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]}

    bedrock(relay()).converse(modelId=MODEL_ID, messages=messages, toolConfig=tools)

    sent = server.requests[0]["messages"]
    assert sent[0]["content"][1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,UE5H"}}
    assert sent[1]["content"] is None
    assert sent[2] == {"role": "tool", "tool_call_id": "a", "content": "The tool failed: no"}


def test_reasoning_comes_as_a_block_of_its_own(server: ChatServer, relay: Callable[..., str], bedrock: Connect) -> None:
    thought = {"choices": [{"delta": {"reasoning_content": "Hm."}}]}
    server.answers = [[thought, *_text("Four.")]]

    content = bedrock(relay()).converse(modelId=MODEL_ID, messages=ASKED)["output"]["message"]["content"]

    assert content[0]["reasoningContent"]["reasoningText"]["text"] == "Hm."
    assert content[1]["text"] == "Four."


def test_the_first_listed_model_is_taken_and_the_key_is_sent(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "k-1")
    server.answers = [_text("Yes.")]

    bedrock(relay(api_key_env="MY_KEY")).converse(modelId=MODEL_ID, messages=ASKED)

    assert server.requests[0]["model"] == "small-model"
    assert server.keys == ["Bearer k-1"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (401, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (418, "ModelErrorException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_the_servers_errors_become_bedrocks(
    status: int, code: str, server: ChatServer, relay: Callable[..., str], bedrock: Connect
) -> None:
    server.rejection = JSONResponse({"error": {"message": "the reason"}}, status)

    with pytest.raises(ClientError, match=f"The model server answered {status}: the reason") as rejected:
        bedrock(relay()).converse_stream(modelId=MODEL_ID, messages=ASKED)

    assert rejected.value.response["Error"]["Code"] == code


def test_an_error_in_the_middle_of_the_stream_stays_in_the_stream(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect
) -> None:
    server.answers = [[*_text("Four")[:1], {"error": {"message": "out of memory"}}]]
    stream = bedrock(relay()).converse_stream(modelId=MODEL_ID, messages=ASKED)["stream"]

    with closing(stream):
        events = iter(stream)
        assert "messageStart" in next(events)
        assert "contentBlockDelta" in next(events)
        with pytest.raises(EventStreamError, match="out of memory"):
            next(events)


def test_a_server_that_is_not_there_is_named(sidecar: Callable[..., str], bedrock: Connect) -> None:
    url = sidecar(model_url="http://127.0.0.1:9", model_name="any")

    with pytest.raises(ClientError, match=r"The model server http://127.0.0.1:9/v1 does not answer .* is it running"):
        bedrock(url).converse(modelId=MODEL_ID, messages=ASKED)


_HALF_CALL = _call(0, "look", '{"pla')


@pytest.mark.parametrize(
    ("chunks", "blocks"),
    [
        (_text("There")[:1], ["contentBlockDelta"]),
        (_HALF_CALL, ["contentBlockStart", "contentBlockDelta"]),
        (_call(0, "look", "{}"), ["contentBlockStart", "contentBlockDelta"]),
        (_text("There", finish="error"), ["contentBlockDelta"]),
        (_text("There", finish="a_reason_of_next_year"), ["contentBlockDelta"]),
        ([*_call(0, "a", "{"), *_call(1, "b", "{}"), *_call(0, "", "}")[1:]], ["contentBlockStop"]),
    ],
)
def test_an_answer_without_a_finish_reason_is_an_error_in_the_stream_and_ends_no_message(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect, chunks: list[dict[str, Any]], blocks: list[str]
) -> None:
    server.answers = [chunks]
    stream = bedrock(relay()).converse_stream(modelId=MODEL_ID, messages=ASKED)["stream"]
    events: list[Any] = []

    with closing(stream), pytest.raises(EventStreamError, match="The model server broke off: ") as broken:
        events += stream

    assert broken.value.response["Error"]["Code"] == "modelStreamErrorException"
    kinds = [kind for event in events for kind in event]
    assert kinds[0] == "messageStart"
    assert set(blocks) <= set(kinds)
    assert "messageStop" not in kinds


@pytest.mark.parametrize("chunks", [_text("There")[:1], _HALF_CALL, _call(0, "look", "{}")])
def test_a_guarded_agent_takes_no_relayed_answer_that_broke_off_for_one(
    server: ChatServer, relay: Callable[..., str], analyst: Callable[..., Agent], chunks: list[dict[str, Any]]
) -> None:
    looks: list[str] = []

    @tool
    def look(place: str = "everywhere") -> str:
        """Look at a place."""
        looks.append(place)
        return "seen"

    server.answers = [chunks, _text("Done.")]
    agent = analyst(relay(), [look])
    ModelGuard().attach(agent)

    with pytest.raises(CutStreamError):
        agent("How many?")
    with warnings.catch_warnings():
        # Nobody closes the connection of a broken Converse stream before its objects go.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()

    assert looks == []
    assert [message["role"] for message in agent.messages] == ["user"]


@pytest.mark.parametrize("chunks", [[], [{"choices": [{"delta": "There"}]}], [{"error": {"message": "busy"}}]])
def test_an_answer_that_ends_before_it_begins_is_an_error_of_the_call(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect, chunks: list[dict[str, Any]]
) -> None:
    server.answers = [chunks]

    with pytest.raises(ClientError) as rejected:
        bedrock(relay()).converse_stream(modelId=MODEL_ID, messages=ASKED)

    assert rejected.value.response["Error"]["Code"] == "ModelStreamErrorException"


def test_a_call_without_a_tools_name_or_with_arguments_that_are_no_json_is_a_models_error(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect
) -> None:
    server.answers = [[*_call(0, "", "{}"), *_text()], [*_call(0, "look", "{"), *_text(finish="tool_calls")]]
    client = bedrock(relay())

    for message in ("called a tool without a name", "arguments that are not JSON"):
        with pytest.raises(ClientError, match=message) as rejected:
            client.converse(modelId=MODEL_ID, messages=ASKED)
        assert rejected.value.response["Error"]["Code"] == "ModelErrorException"


def test_calls_with_one_index_or_without_ids_stay_apart(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect
) -> None:
    def one(name: str, **fields: object) -> dict[str, Any]:
        return {"choices": [{"delta": {"tool_calls": [{"function": {"name": name, "arguments": "{}"}, **fields}]}}]}

    same_index = [one("a", index=0, id="x"), one("b", index=0, id="y")]
    server.answers = [[*calls, *_text(finish="tool_calls")] for calls in (same_index, [one("a"), one("b")])]
    client = bedrock(relay())

    for _ in range(2):
        content: list[Any] = client.converse(modelId=MODEL_ID, messages=ASKED)["output"]["message"]["content"]
        assert [block["toolUse"]["name"] for block in content] == ["a", "b"]
        assert len({block["toolUse"]["toolUseId"] for block in content}) == 2


def test_neither_the_key_nor_the_urls_password_is_in_an_error(
    server: ChatServer,
    serve: Callable[[Starlette], str],
    sidecar: Callable[..., str],
    bedrock: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_KEY", "k-secret")
    server.rejection = JSONResponse({"error": {"message": "Incorrect API key: k-secret"}}, 401)
    rejecting = sidecar(model_url=serve(server.app()), api_key_env="MY_KEY")
    missing = sidecar(model_url="http://me:pa55word@127.0.0.1:9", model_name="any")

    for url, secret in ((rejecting, "k-secret"), (missing, "pa55word")):
        with pytest.raises(ClientError) as rejected:
            bedrock(url).converse(modelId=MODEL_ID, messages=ASKED)
        assert secret not in str(rejected.value)


def test_a_body_in_claudes_form_is_relayed_and_answered_in_it(
    server: ChatServer, relay: Callable[..., str], bedrock: Connect
) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}}
    server.answers = [
        [*_call(0, "count", '{"of": ', '"men"}'), *_text(finish="tool_calls"), usage],
        [*_text("185."), usage],
    ]
    source = {"type": "base64", "media_type": "image/png", "data": "aW1hZ2U="}
    used = {"type": "tool_use", "id": "call_9", "name": "count", "input": {"of": "women"}}
    result = {"type": "tool_result", "tool_use_id": "call_9", "content": "no table", "is_error": True}
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 50,
        "system": [{"type": "text", "text": "Count."}],
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": "How many?"}]},
            {"role": "assistant", "content": [used]},
            {"role": "user", "content": [result]},
        ],
        "tools": [{"name": "count", "description": "Counts", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": "count"},
    }
    client = bedrock(relay())

    called = json.loads(client.invoke_model(modelId=MODEL_ID, body=json.dumps(body))["body"].read())
    stream = client.invoke_model_with_response_stream(modelId=MODEL_ID, body=json.dumps(body))["body"]
    events = [json.loads(event["chunk"]["bytes"]) for event in stream]

    assert called["content"] == [{"type": "tool_use", "id": "call_0", "name": "count", "input": {"of": "men"}}]
    assert (called["usage"]["input_tokens"], called["usage"]["output_tokens"]) == (11, 3)
    assert [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"] == ["185."]
    asked = server.requests[0]
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "assistant", "tool"]
    assert asked["messages"][1]["content"][0]["image_url"] == {"url": "data:image/png;base64,aW1hZ2U="}
    assert asked["messages"][3]["content"] == "The tool failed: no table"
    assert (asked["max_tokens"], asked["tool_choice"]["function"]) == (50, {"name": "count"})
