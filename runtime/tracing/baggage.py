"""The labels of a run on the way to a tool server of the stack, in W3C's header `baggage`, which AgentCore passes on.
Servers of others do not get it: ids are not theirs to know."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context

from runtime.tracing.labelled import RECEIVED, current_labels
from runtime.tracing.labels import RunLabels

_RUN_ID: Final = "longrun.run_id"
_CONVERSATION_ID: Final = "longrun.conversation_id"
_HEADER: Final = "baggage"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def baggage_headers() -> dict[str, str]:
    """The headers for a request of the run at work; none outside a run, or where nothing is traced."""
    labels = current_labels()
    if not labels:
        return {}
    named = baggage.set_baggage(_RUN_ID, str(labels["run_id"]), Context())
    headers: dict[str, str] = {}
    W3CBaggagePropagator().inject(
        headers, baggage.set_baggage(_CONVERSATION_ID, str(labels["gen_ai.conversation.id"]), named)
    )
    return headers


class LabelledRequests:
    """An ASGI application whose spans have the labels that a request names."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        labels = _labels(scope) if scope["type"] == "http" else None
        if labels is None:
            await self._app(scope, receive, send)
            return
        token = RECEIVED.set(labels.attributes())
        try:
            await self._app(scope, receive, send)
        finally:
            RECEIVED.reset(token)


def _labels(scope: Mapping[str, Any]) -> RunLabels | None:
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER.encode()]
    given = baggage.get_all(W3CBaggagePropagator().extract({_HEADER: ",".join(found)}, Context()))
    run_id, conversation_id = given.get(_RUN_ID), given.get(_CONVERSATION_ID)
    return RunLabels(str(run_id), str(conversation_id)) if run_id and conversation_id else None
