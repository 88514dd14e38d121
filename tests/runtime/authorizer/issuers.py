"""Keys, tokens and issuers for tests: real signatures, and a server on this machine."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://id.example.com/tenant"
AUDIENCE = "longrun/dev"
KEY = "k" * 48


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """A key by its name, which is its kid too."""
    assert name
    return rsa.generate_private_key(65_537, 2_048)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    assert name
    return ec.generate_private_key(ec.SECP256R1())


def jwks(*names: str, **others: Any) -> dict[str, Any]:  # noqa: ANN401  members of each key
    """The public keys with these names; those that begin with ec are elliptic curves."""
    return {"keys": [_public(name) | {"kid": name} | others for name in names]}


def _public(name: str) -> dict[str, Any]:
    if name.startswith("ec"):
        return dict(json.loads(ECAlgorithm.to_jwk(ec_key(name).public_key())))
    return dict(json.loads(RSAAlgorithm.to_jwk(rsa_key(name).public_key())))


def claims(**changed: Any) -> dict[str, Any]:  # noqa: ANN401  None removes a claim
    """What a valid token claims."""
    now = int(time.time())
    valid = {"iss": ISSUER, "aud": AUDIENCE, "sub": "auth0|5f", "iat": now, "exp": now + 600, "jti": "t-1"}
    return {name: value for name, value in (valid | changed).items() if value is not None}


def signed(name: str = "one", **changed: Any) -> str:  # noqa: ANN401  as above
    """A token of the issuer, signed by that key."""
    key: Any = ec_key(name) if name.startswith("ec") else rsa_key(name)
    return jwt.encode(claims(**changed), key, "ES256" if name.startswith("ec") else "RS256", {"kid": name})


def shared(key: str = KEY, **changed: Any) -> str:  # noqa: ANN401  as above
    """A token of the stack's own key."""
    return jwt.encode(claims(**{"iss": "longrun", "sub": "alice", **changed}), key, "HS256")


class Server:
    """An issuer on this machine. `answers` are JSON documents, texts or numbers (HTTP statuses) by path."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                answer = server.answers.get(self.path, 404)
                self.send_response(answer if isinstance(answer, int) else 200)
                if answer == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write((answer if isinstance(answer, str) else json.dumps(answer)).encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as the base class has it
                """Nothing: a test's output is its own."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serving(answers: Mapping[str, Any]) -> Iterator[Server]:
    server = Server(dict(answers))
    try:
        yield server
    finally:
        server.close()
