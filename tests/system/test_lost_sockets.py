"""The socket drops ten times in one run: what the client has read is what the journal holds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from client import LongrunClient, Target, Timing
from tests.system.harness import LONG_QUESTION, Deployment

pytestmark = pytest.mark.sandbox

DROPS = 10


class Wire:
    """A relay between client and deployment that can be cut. The sandbox answers to its own address only, so that the
    relay asks for it by that."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self.cuts = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
            self.cut()

    def cut(self) -> None:
        """Abort every connection there is, without a word."""
        self.cuts += 1
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, back}
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            own = b"127.0.0.1:%d" % writer.get_extra_info("sockname")[1]
            back.write(head.replace(own, f"{self._host}:{self._port}".encode(), 1))
            await asyncio.gather(_copy(reader, back), _copy(there, writer))


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


async def read_with_drops(url: str) -> tuple[str, list[int], str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    wire = Wire(parts.hostname, parts.port)
    async with wire.listening() as port:
        target = Target(parts._replace(netloc=f"127.0.0.1:{port}").geturl())
        async with LongrunClient(target, Timing(reconnect=(0.0, 0.05, 0.2, 1.0))) as client:
            run = await client.start(LONG_QUESTION)
            text, seqs, dropped_at = [], [], 0
            async for event in run:
                seqs.append(event.seq)
                text.append(event.text)
                if event.text and wire.cuts < DROPS and event.seq > dropped_at:
                    dropped_at = event.seq
                    wire.cut()
            return run.run_id, seqs, "".join(text), wire.cuts


def test_ten_lost_sockets_lose_and_repeat_nothing(deployment: Deployment) -> None:
    deployment.model(token_ms=20, first_token_ms=5, faults=[])
    assert deployment.state.connect_url
    run_id, seqs, text, cuts = asyncio.run(read_with_drops(deployment.state.connect_url))
    assert cuts >= DROPS
    assert seqs == list(range(1, len(seqs) + 1))
    assert [seq for seq, _ in deployment.journal(run_id)] == seqs
    assert text == deployment.text(run_id)
