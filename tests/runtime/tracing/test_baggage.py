import asyncio

import httpx
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runtime.tracing.baggage import LabelledRequests, baggage_headers
from runtime.tracing.labels import RunLabels
from runtime.tracing.telemetry import Telemetry

LABELS = RunLabels("a-run", "a conversation, of mine")


def asked(headers: dict[str, str]) -> dict[str, object]:
    """What the span of a server says that gets a request with the headers."""
    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    Telemetry(provider)

    async def serve(_: Request) -> Response:
        # As MCP's server does, outside the context that the request has.
        with provider.get_tracer("server").start_as_current_span("tools/call"):
            return Response()

    async def request() -> None:
        app = LabelledRequests(Starlette(routes=[Route("/", serve)]))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tools") as client:
            assert (await client.get("/", headers=headers)).status_code == 200

    asyncio.run(request())
    (span,) = kept.get_finished_spans()
    return dict(span.attributes or {})


def test_spans_of_a_tool_server_have_the_labels_of_the_run_that_calls() -> None:
    telemetry = Telemetry(TracerProvider(shutdown_on_exit=False))
    with telemetry.inside("", LABELS):
        headers = baggage_headers()

    said = asked(headers)

    assert said == {**LABELS.attributes(), "langfuse.trace.tags": ("run-a-run",)}
    assert list(headers) == ["baggage"]


def test_outside_a_run_nothing_is_named() -> None:
    assert baggage_headers() == {}
    assert asked({}) == {}


def test_what_is_no_baggage_of_ours_is_ignored() -> None:
    assert asked({"baggage": "longrun.run_id=a-run"}) == {}
    assert asked({"baggage": "=;=,,other=1"}) == {}
