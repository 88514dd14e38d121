"""An MCP server behind a door such as AgentCore's: the signature is verified, the address and the session are kept."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from urllib.parse import unquote

import uvicorn
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ARN = "arn:aws:bedrock-agentcore:eu-west-1:123456789012:runtime/tools-a1b2c3d4e5"
SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "a session's token",
}


@dataclass
class AgentCoreDoor:
    """Answers `status` to everything if that is set, else hands what is rightly signed on to the server."""

    app: ASGIApp
    status: int = 0
    sessions: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = await _body(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        problem = _problem(scope, headers, body)
        if problem or self.status:
            self.refused.append(problem)
            return await _answer(send, self.status or 403)
        self.sessions.append(headers["x-amzn-bedrock-agentcore-runtime-session-id"])
        served = {**scope, "path": "/mcp", "raw_path": b"/mcp", "query_string": b""}
        return await self.app(served, _once(body), send)


def _problem(scope: Scope, headers: dict[str, str], body: bytes) -> str:
    """Why AgentCore would refuse the request; empty where it would not."""
    path, query = scope["raw_path"].decode(), scope["query_string"].decode()
    if unquote(path) != f"/runtimes/{ARN}/invocations" or "/" in path.removeprefix("/runtimes/").partition("/")[0]:
        return f"the path {path} names no runtime"
    if query != "qualifier=live":
        return f"the query {query} names no endpoint"
    given = headers.get("authorization", "")
    signed_names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    signed = {name: headers[name] for name in signed_names if name in headers}
    request = AWSRequest(scope["method"], f"http://{headers['host']}{path}?{query}", headers=signed, data=body)
    request.context["timestamp"] = headers.get("x-amz-date", "")
    credentials = Credentials(*SECRETS.values())
    signer = SigV4Auth(credentials, "bedrock-agentcore", "eu-west-1")
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    return "" if given.endswith(f"Signature={signature}") else "the signature is not right"


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _once(body: bytes) -> Receive:
    messages = iter([{"type": "http.request", "body": body}])

    async def receive() -> Message:
        found = next(messages, None)
        if found is None:
            await asyncio.Event().wait()
            raise AssertionError
        return found

    return receive


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"message": "no"}'})


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The application on a free port of this machine, for the time of the block; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
