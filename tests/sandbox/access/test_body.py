"""How much of a request's body the gate keeps."""

import asyncio
import hashlib

import pytest

from sandbox.access import body as body_module
from sandbox.access.body import Body, Memory, Message, Receive
from tests.sandbox.access.test_gate import HOST, KEYS, Application, application, call

__all__ = ["application"]

PIECE = b"x" * 1000


def pieces(count: int) -> tuple[Receive, list[int]]:
    """A body of so many pieces, and the numbers of those not yet received."""
    left = list(range(count))

    async def receive() -> Message:
        left.pop()
        return {"type": "http.request", "body": PIECE, "more_body": bool(left)}

    return receive, left


def test_a_body_is_hashed_and_given_to_the_application_again() -> None:
    receive, _ = pieces(3)
    memory = Memory(3000)

    async def work() -> None:
        with Body(receive, memory) as body:
            assert await body.sha256() == hashlib.sha256(PIECE * 3).hexdigest()
            assert memory.free == 0
            assert [(await body.receive())["body"] for _ in range(3)] == [PIECE] * 3
            assert memory.free == 3000

    asyncio.run(work())
    assert memory.free == 3000


def test_all_bodies_together_keep_no_more_than_the_memory() -> None:
    (first, _), (second, left) = pieces(3), pieces(100)
    memory = Memory(5000)

    async def work() -> None:
        with Body(first, memory) as one, Body(second, memory) as other:
            assert await one.sha256() is not None
            assert await other.sha256() is None

    asyncio.run(work())
    assert len(left) == 97
    assert memory.free == 5000


@pytest.mark.parametrize("key_id", [KEYS.key_id, "000000000000"])
def test_a_key_id_alone_does_not_make_the_gate_keep_a_body_of_any_size(
    application: Application, monkeypatch: pytest.MonkeyPatch, key_id: str
) -> None:
    monkeypatch.setattr(body_module, "LONGEST_SIGNED", 10_000)
    scope = f"{key_id}/20260101/us-east-1/lambda/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"

    assert call(application, "/x", "POST", PIECE * 10, authorization=signature, host=HOST).status_code == 403
    assert call(application, "/x", "POST", PIECE * 11, authorization=signature, host=HOST).status_code == 413
    assert application.scopes == []
