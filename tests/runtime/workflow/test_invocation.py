"""The invocation over the wire: a real client against a small server that does what AgentCore or an agent may do."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import botocore.session
import pytest
from botocore.config import Config

from contract.errors import ErrorCode
from contract.trace_context import TraceContext
from runtime.environment import RuntimeAddress
from runtime.workflow.invocation import AgentCore, Invocation
from runtime.workflow.invocation_errors import FailureKind, InvocationError

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
ARN = "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/analysts-1"
CALL = Invocation(RuntimeAddress(ARN, "live", ("explorer",)), "explorer", RUN_ID, b'{"agent":"explorer"}')
TRACE = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
PATIENCE = 0.5


@dataclass
class AgentSide:
    """What the server does with each request, and what it got; `over` ends what it holds open."""

    behave: Callable[["_Request"], None]
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    written: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    side: AgentSide

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.side.requests.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
        self.side.behave(self)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def stream(self, content_type: str, piece: bytes, pause: float) -> None:
        """The same piece until the client hangs up or the test is over."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while not self.side.over.wait(pause):
                self.wfile.write(piece)
                self.side.written += len(piece)
        except OSError:
            self.side.hung_up.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        pass


@pytest.fixture
def side() -> Iterator[AgentSide]:
    made = AgentSide(lambda request: request.answer(200, b"{}", Content_Type="application/json"))
    yield made
    made.over.set()


@pytest.fixture
def server(side: AgentSide) -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (_Request,), {"side": side})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield serving
        side.over.set()
        serving.shutdown()
        thread.join()


def _client(port: int) -> "BedrockAgentCoreClient":
    retries: Any = {"total_max_attempts": 1}
    made: BedrockAgentCoreClient = botocore.session.get_session().create_client(  # type: ignore[assignment]
        "bedrock-agentcore",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=1, read_timeout=PATIENCE, retries=retries),
    )
    return made


@pytest.fixture
def agent_core(server: ThreadingHTTPServer) -> AgentCore:
    return AgentCore(_client(server.server_port), answers_within=PATIENCE)


def _failure(agent_core: AgentCore, call: Invocation = CALL) -> InvocationError:
    with pytest.raises(InvocationError) as caught:
        agent_core.invoke(call, TRACE)
    return caught.value


def test_the_agent_gets_session_payload_and_trace_once(agent_core: AgentCore, side: AgentSide) -> None:
    agent_core.invoke(CALL, TRACE)

    ((path, headers, body),) = side.requests
    assert unquote(path) == f"/runtimes/{ARN}/invocations?qualifier=live"
    assert headers["x-amzn-bedrock-agentcore-runtime-session-id"] == RUN_ID
    assert headers["traceparent"] == TRACE.traceparent
    assert headers["x-amzn-trace-id"] == TRACE.xray_header
    assert body == CALL.payload


@pytest.mark.parametrize(
    ("status", "name", "kind", "code"),
    [
        (400, "ValidationException", FailureKind.REJECTED, ErrorCode.INTERNAL),
        (403, "AccessDeniedException", FailureKind.REJECTED, ErrorCode.INTERNAL),
        (404, "ResourceNotFoundException", FailureKind.REJECTED, ErrorCode.INTERNAL),
        (418, "TeapotException", FailureKind.REJECTED, ErrorCode.INTERNAL),
        (424, "RuntimeClientError", FailureKind.REJECTED, ErrorCode.AGENT_LOST),
        (402, "ServiceQuotaExceededException", FailureKind.BUSY, ErrorCode.THROTTLED),
        (409, "RetryableConflictException", FailureKind.BUSY, ErrorCode.THROTTLED),
        (429, "ThrottlingException", FailureKind.BUSY, ErrorCode.THROTTLED),
        (408, "RequestTimeoutException", FailureKind.UNSETTLED, ErrorCode.AGENT_LOST),
        (500, "InternalServerException", FailureKind.UNSETTLED, ErrorCode.AGENT_LOST),
        (503, "ServiceUnavailableException", FailureKind.UNSETTLED, ErrorCode.AGENT_LOST),
    ],
)
def test_each_refusal_is_told_apart_and_tried_once(
    agent_core: AgentCore, side: AgentSide, status: int, name: str, kind: FailureKind, code: ErrorCode
) -> None:
    side.behave = lambda request: request.answer(status, b'{"message":"arn of a secret"}', x_amzn_errortype=name)

    failure = _failure(agent_core)

    assert (failure.kind, failure.code) == (kind, code)
    assert "agent explorer" in failure.message.lower()
    assert "secret" not in failure.message
    assert len(side.requests) == 1


def test_a_connection_held_open_until_the_agent_ends_is_given_up(agent_core: AgentCore, side: AgentSide) -> None:
    side.behave = lambda _: side.over.wait()  # type: ignore[assignment]

    failure = _failure(agent_core)

    assert failure.kind is FailureKind.UNSETTLED
    assert "held its invocation open" in failure.message
    assert "respond at once and continue in the background" in failure.message
    assert len(side.requests) == 1


def test_an_agent_that_streams_is_not_read_to_its_end(agent_core: AgentCore, side: AgentSide) -> None:
    side.behave = lambda request: request.stream("text/event-stream; charset=utf-8", b"data: x\n\n", 0.01)

    failure = _failure(agent_core)

    assert (failure.kind, failure.code) == (FailureKind.UNSETTLED, ErrorCode.INTERNAL)
    assert "streams its answer" in failure.message
    assert side.hung_up.wait(10)


def test_an_agent_that_trickles_its_answer_holds_the_connection_too(agent_core: AgentCore, side: AgentSide) -> None:
    side.behave = lambda request: request.stream("text/plain", b"x" * 128, 0.02)

    failure = _failure(agent_core)

    assert failure.kind is FailureKind.UNSETTLED
    assert "held its invocation open" in failure.message
    assert side.hung_up.wait(10)


def test_a_session_that_is_ending_is_busy(agent_core: AgentCore, side: AgentSide) -> None:
    side.behave = lambda request: request.answer(200, b'{"status": "ending"}', Content_Type="application/json")

    failure = _failure(agent_core)

    assert (failure.kind, failure.code) == (FailureKind.BUSY, ErrorCode.THROTTLED)
    assert "The session of agent explorer is ending" in failure.message


@pytest.mark.parametrize("body", [b"", b"ending", b'["ending"]', b'{"status": "started"}'])
def test_any_other_reply_means_that_the_step_has_started(agent_core: AgentCore, side: AgentSide, body: bytes) -> None:
    side.behave = lambda request: request.answer(200, body, Content_Type="application/json")

    agent_core.invoke(CALL, TRACE)

    assert len(side.requests) == 1


def test_a_reply_is_read_up_to_a_megabyte(side: AgentSide, server: ThreadingHTTPServer) -> None:
    side.behave = lambda request: request.stream("application/json", b"x" * 65_536, 0)

    AgentCore(_client(server.server_port), answers_within=60).invoke(CALL, TRACE)

    assert side.hung_up.wait(10)
    assert side.written < 20_000_000


def test_a_connection_that_is_reset_after_the_request_leaves_open_what_became_of_it(
    agent_core: AgentCore, side: AgentSide
) -> None:
    def reset(request: _Request) -> None:
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.close_connection = True
        request.connection.close()

    side.behave = reset

    failure = _failure(agent_core)

    assert (failure.kind, failure.code) == (FailureKind.UNSETTLED, ErrorCode.AGENT_LOST)
    assert len(side.requests) == 1


def test_a_reply_that_breaks_off_leaves_open_what_became_of_it(agent_core: AgentCore, side: AgentSide) -> None:
    def break_off(request: _Request) -> None:
        request.answer(200, b'{"status"', Content_Type="application/json", Content_Length="500")
        request.close_connection = True

    side.behave = break_off

    assert _failure(agent_core).kind is FailureKind.UNSETTLED


def test_who_cannot_be_reached_has_got_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        failure = _failure(AgentCore(_client(unused.getsockname()[1])))

    assert (failure.kind, failure.code) == (FailureKind.BUSY, ErrorCode.THROTTLED)


@pytest.mark.parametrize("session_id", ["x" * 32, "x" * 101, "-" + "x" * 40, "x" * 40 + "/"])
def test_a_session_id_that_agentcore_would_refuse_is_refused_before_the_call(
    agent_core: AgentCore, side: AgentSide, session_id: str
) -> None:
    failure = _failure(agent_core, Invocation(CALL.address, "explorer", session_id, b"{}"))

    assert (failure.kind, failure.code) == (FailureKind.REJECTED, ErrorCode.INVALID_REQUEST)
    assert "33 to 100 letters, digits, hyphens or underscores" in failure.message
    assert side.requests == []


def test_each_invocation_has_a_connection_of_its_own(agent_core: AgentCore, side: AgentSide) -> None:
    ports: list[int] = []

    def note(request: _Request) -> None:
        ports.append(request.client_address[1])
        request.answer(200, b"{}")

    side.behave = note
    for _ in range(3):
        agent_core.invoke(CALL, TRACE)

    assert len(set(ports)) == 3
