"""The gate in front of the emulator and of the sidecar: an ASGI application that passes on what may come in.

Every request, over HTTP and WebSocket, needs the sandbox's secret: as an AWS signature made with it, in the header
`x-longrun-secret`, or in front of its path. It also needs a Host header that names this machine, and, if it comes from
a browser, an allowed origin. What is refused never reaches the application; what is passed on no longer contains the
secret.
"""

import hmac
import re
import uuid
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from contract.sandbox_access import HEADER, KEY_ID_PREFIX, PATH_PREFIX
from sandbox.access import s3_signature
from sandbox.access.body import Body, Memory, Message, Receive, drain
from sandbox.access.keys import Keys
from sandbox.access.origins import is_allowed_origin, is_own_host
from sandbox.access.refusals import Answer, Refusal, Refusals, answer_to
from sandbox.access.signature import NO_BODY, Signature, SignedRequest, read_signature

Scope = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Issued = Callable[[str], str | None]

_ACCOUNT: Final = re.compile(r"\d{12}")
"""MiniStack takes such an access key id for an account. The functions get theirs."""

_CORS: Final = b"access-control-"
_PREFLIGHT: Final = "access-control-request-method"


class Gate:
    """`ports` are those of the sandbox; `origins` are those of web pages that may call it, by default none; `issued`
    returns the secret key of an access key that the emulator has made (IAM, STS)."""

    def __init__(
        self,
        app: App,
        keys: Keys,
        ports: Collection[int],
        origins: Collection[str] = (),
        issued: Issued = lambda _key_id: None,
    ) -> None:
        self._app = app
        self._keys = keys
        self._secret = keys.secret.encode()
        self._ports = frozenset(ports)
        self._origins = frozenset(origins)
        self._issued = issued
        self._memory = Memory()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = _request(scope)
        origin = request.headers.get("origin")
        refusal = self._foreign(request, origin)
        if refusal is None and origin is not None and request.method == "OPTIONS" and _PREFLIGHT in request.headers:
            await _send(send, (204, "", _permission(origin, request), b""))
            return
        with Body(receive, self._memory) as body:
            if refusal is None:
                refusal = await self._secret_refusal(scope, request, body)
            if refusal is not None:
                await self._refuse(scope, request, refusal, body, send)
                return
            allowed = origin.encode() if origin is not None else None
            await self._app(_without_secret(scope), body.receive, _with_cors_of(send, allowed))

    def _foreign(self, request: SignedRequest, origin: str | None) -> Refusal | None:
        if not is_own_host(request.headers.get("host", ""), self._ports):
            return Refusals.FOREIGN_HOST.value
        if not is_allowed_origin(origin, self._origins):
            return Refusals.FOREIGN_ORIGIN.value
        return None

    async def _secret_refusal(self, scope: Scope, request: SignedRequest, body: Body) -> Refusal | None:
        """Returns why the request does not show the secret, None if it does."""
        given = _secret_in(request)
        if given is not None:
            right = hmac.compare_digest(given.encode(), self._secret)
            return None if right else Refusals.WRONG_SECRET.value
        signature = read_signature(request)
        if signature is not None:
            return await self._signature_refusal(request, signature, body)
        if scope["type"] == "http":
            return await self._s3_refusal(request, body)
        return Refusals.NO_SECRET.value

    async def _signature_refusal(self, request: SignedRequest, signature: Signature, body: Body) -> Refusal | None:
        secret = self._secret_of(signature.key_id)
        if secret is None:
            return _unknown(signature.key_id)
        if not signature.covers(request):
            return Refusals.NOT_COVERED.value
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        digest = await body.sha256() if has_body and signature.needs_body(request) else NO_BODY
        if digest is None:
            return Refusals.TOO_LARGE.value
        if not signature.matches(request, secret, digest):
            return Refusals.WRONG_SIGNATURE.value
        return Refusals.EXPIRED.value if signature.has_expired() else None

    async def _s3_refusal(self, request: SignedRequest, body: Body) -> Refusal | None:
        """Checks S3's other signatures, which only old clients and browsers' uploads have."""
        key_id = s3_signature.v2_key_id(request)
        fields: dict[str, str] = {}
        if key_id is None and s3_signature.is_upload(request):
            fields = s3_signature.upload_fields(await body.start(s3_signature.FORM_BYTES))
            key_id = s3_signature.upload_key_id(fields)
        if not key_id:
            return Refusals.NO_SECRET.value
        if not s3_signature.is_for_s3(request):
            return Refusals.NOT_COVERED.value
        secret = self._secret_of(key_id)
        if secret is None:
            return _unknown(key_id)
        right = s3_signature.upload_matches(fields, secret) if fields else s3_signature.v2_matches(request, secret)
        if not right:
            return Refusals.WRONG_SIGNATURE.value
        # MiniStack checks the date in an upload's policy.
        return Refusals.EXPIRED.value if not fields and s3_signature.v2_has_expired(request) else None

    def _secret_of(self, key_id: str) -> str | None:
        if key_id == self._keys.key_id or _ACCOUNT.fullmatch(key_id):
            return self._keys.secret
        return self._issued(key_id)

    async def _refuse(self, scope: Scope, request: SignedRequest, refusal: Refusal, body: Body, send: Send) -> None:
        if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        signature = read_signature(request)
        request_id = str(uuid.uuid4())
        status, kind, headers, content = answer_to(request, signature, refusal, request_id)
        headers = {**headers, "x-amzn-requestid": request_id, "x-content-type-options": "nosniff"}
        if scope["type"] == "http":
            await drain(body.receive)  # clients that still send do not read
            await _send(send, (status, kind, headers, content))
        else:
            await _send(send, (status, kind, headers, content), "websocket.http.response")


def _request(scope: Scope) -> SignedRequest:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), _text(value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return SignedRequest(scope.get("method", "GET"), path, scope["query_string"].decode("latin-1"), headers)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _secret_in(request: SignedRequest) -> str | None:
    if request.path.startswith(PATH_PREFIX):
        return request.path.removeprefix(PATH_PREFIX).partition("/")[0]
    return request.headers.get(HEADER)


def _without_secret(scope: Scope) -> Scope:
    """Returns the scope without the secret in its path and headers: an application passes them on, or writes logs."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != HEADER.encode()]
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    if not raw.startswith(PATH_PREFIX):
        return {**scope, "headers": headers}
    own = f"/{raw.removeprefix(PATH_PREFIX).partition('/')[2]}"
    return {**scope, "headers": headers, "path": unquote(own), "raw_path": own.encode("latin-1")}


def _unknown(key_id: str) -> Refusal:
    return Refusals.OTHER_KEYS.value if key_id.startswith(KEY_ID_PREFIX) else Refusals.FOREIGN_KEYS.value


def _permission(origin: str, request: SignedRequest) -> dict[str, str]:
    """Returns the answer's headers to a preflight of an allowed origin."""
    asked = request.headers.get("access-control-request-headers", "")
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": request.headers[_PREFLIGHT],
        "access-control-allow-headers": asked,
        "access-control-max-age": "600",
        "vary": "origin",
    }


def _with_cors_of(send: Send, origin: bytes | None) -> Send:
    """Returns `send` without the application's CORS headers, and with permission for that origin alone."""

    async def send_with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", ()) if not pair[0].lower().startswith(_CORS)]
            if origin is not None:
                kept += [(b"access-control-allow-origin", origin), (b"vary", b"origin")]
            message = {**message, "headers": kept}
        await send(message)

    return send_with_cors


async def _send(send: Send, answer: Answer, kind: str = "http.response") -> None:
    status, media, headers, content = answer
    given = {**headers, **({"content-type": media} if media else {}), "content-length": str(len(content))}
    encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in given.items()]
    await send({"type": f"{kind}.start", "status": status, "headers": encoded})
    await send({"type": f"{kind}.body", "body": content})
